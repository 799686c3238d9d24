use attesta_rules::*; use serde_json::*; use std::time::Instant;
fn pol(id:&str,reads:&str,body:&str)->RuleFile{RuleFile::new(format!("{id}.rego"),format!("# METADATA\n# title: t\n# custom:\n#   id: {id}\n#   topic: encryption\n#   severity: high\n#   kind: database\n#   reads: {reads}\npackage p.{id}\nimport rego.v1\n{body}\n"))}
fn main(){
 let simple=pol("a","[encryption_at_rest.enabled, ingress]","deny contains {\"msg\": \"not encrypted\", \"path\": \"encryption_at_rest.enabled\"} if {\n\tnot input.attributes.encryption_at_rest.enabled\n}\n");
 let list=pol("b","[encryption_at_rest.enabled, ingress]","deny contains {\"msg\": \"open\", \"path\": sprintf(\"ingress/%d\",[i])} if {\n\tsome i, r in input.attributes.ingress\n\tr.cidr == \"0.0.0.0/0\"\n r.from <= 22\n}\n");
 let files=[simple,list];
 let attrs:Value=json!({"encryption_at_rest":{"enabled":true,"key":"arn:aws:kms:eu-west-1:111122223333:key/1"},"engine":"postgres","backup":{"days":7,"enabled":true},"name":"records","region":"eu-west-1","tags":[{"key":"a","value":"b"},{"key":"c","value":"d"}],
  "ingress":[{"cidr":"10.0.0.0/8","from":1,"to":2},{"cidr":"10.0.0.0/8","from":1,"to":2},{"cidr":"10.0.0.0/8","from":1,"to":2},{"cidr":"10.0.0.0/8","from":1,"to":2}]});
 let inputs:Vec<Value>=(0..20000).map(|i|json!({"kind":"database","address":format!("aws_db_instance.r{i}"),"names":["a","b"],"attributes":attrs,"unknown":[],"origin":{"document":"plan.json","format":"terraform-plan","address":"x","type":"aws_db_instance","pointer":"/planned"}})).collect();
 println!("input bytes {}",inputs[0].to_string().len());
 let mut unk=inputs.clone(); for u in &mut unk {u["attributes"]["encryption_at_rest"]["enabled"]=json!({"$unknown":"x"});u["unknown"]=json!(["encryption_at_rest.enabled"]);}
 let exe=std::env::args().nth(1).unwrap();
 let t=Instant::now(); let mut w=Worker::start(&files,WorkerOptions{program:exe.into(),arguments:vec![],limits:Limits::default()}).unwrap(); println!("worker start+load {:?} {:?}",t.elapsed(),w.faults());
 let t=Instant::now(); let mut p=InProcess::new(RulePack::load(&files,&Limits::default())); println!("load {:?}",t.elapsed());
 for round in 0..2 { for pol in 0..2 { for (n,i) in [("known",&inputs),("unknown",&unk)] { for k in 0..2 {
   let e:&mut dyn Evaluator=if k==0{&mut p}else{&mut w};
   let t=Instant::now(); let v=e.evaluate(pol,i); let d=t.elapsed();
   println!("{round} policy {pol} {n} {}: {:.0}/s {:?}",["inproc","worker"][k],i.len() as f64/d.as_secs_f64(),v[0]);
 }}}}
 let odd=|body:&str|{let mut p=InProcess::new(RulePack::load(&[pol("c","[x]",body)],&Limits::default())); println!("{body}\n   {:?} {:?}",p.faults().to_vec(),p.evaluate(0,&[json!({"attributes":{"x":5}})]))};
 odd("x := 1 if input.attributes.x\nx := 2 if input.attributes.x\ndeny contains \"a\" if x == 3");
 odd("f(n) := 1 if n > 0\nf(n) := 2 if n > 1\ndeny contains \"a\" if f(input.attributes.x) == 3");
 odd("deny contains \"a\" if input.attributes.x / 0 == 3");
 odd("deny contains \"a\" if not input.attributes.x / 0 == 3");
 odd("deny contains \"a\" if input.attributes.x - \"a\" == 3");
 odd("deny contains \"a\" if input.attributes.x < \"a\"");
 odd("deny contains \"a\" if input.attributes.x.y.z");
 odd("deny contains $\"a {input.attributes.x}\"");
 odd("deny contains x if x := object.get(input.attributes, \"x\", 1)");
 odd("deny contains msg if { msg := \"a\"; every v in [1,2] { v > 0 } }");
 odd("deny contains {\"a\": {\"b\": 1}}[\"a\"].b");
 odd("import future.keywords.if\ndeny contains \"x\"");
}
