use attesta_collectors::*;
#[test]
fn lone() {
    for root in ["/work/main/examples", "/work/main/fixtures", &std::env::var("MORE").unwrap_or_default()] {
        if root.is_empty() { continue; }
        let mut mute = Request { paths: vec![root.into()], keep_raw: false, limits: Limits::default() };
        mute.keep_raw = false;
        let c = collect(&mute, &Silent);
        let mut n = std::collections::BTreeMap::new();
        for r in &c.snapshot.resources {
            if format!("{:?}", r.attributes).contains("is not found in this document") {
                let s = c.snapshot.sources.iter().nth(r.source.0 as usize).unwrap();
                if c.snapshot.documents.len() < 20 { println!("{root} {} {:?}", r.address, r.kind); }
                *n.entry(s.type_name.to_string()).or_insert(0) += 1;
            }
        }
        println!("{root}: {} docs {} resources, lone {} {:#?}", c.snapshot.documents.len(), c.snapshot.resources.len(), n.values().sum::<i32>(), n);
        let o: u32 = c.snapshot.not_understood.iter().filter(|x| format!("{:?}", x.reason) == "Orphan").map(|x| x.count).sum();
        println!("orphans {o}");
    }
}
