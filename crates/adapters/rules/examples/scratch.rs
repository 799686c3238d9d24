use regorus::*;
use std::time::Instant;
use std::num::NonZeroU32;
fn prog(text:&str, eps:&[&str])->std::result::Result<std::sync::Arc<regorus::rvm::Program>,String>{
    let mut e=Engine::new();
    e.add_policy("a.rego".into(),text.into()).map_err(|e|e.to_string())?;
    let c=e.compile_with_entrypoint(&Rc::from(eps[0])).map_err(|e|format!("compile {e}"))?;
    regorus::languages::rego::compiler::Compiler::compile_from_policy(&c,eps).map_err(|e|format!("rvm {e}"))
}
fn run(name:&str,text:&str,fuel:usize,stack:usize,strict:bool){
    let t=Instant::now();
    let text=text.to_string();
    let r=std::thread::Builder::new().stack_size(stack).spawn(move||{
        let p=prog(&text,&["data.p.deny"])?;
        let mut vm=regorus::rvm::RegoVM::new();
        vm.set_max_instructions(fuel);
        vm.set_strict_builtin_errors(strict);
        vm.set_execution_timer_config(Some(regorus::utils::limits::ExecutionTimerConfig{limit:std::time::Duration::from_millis(200),check_interval:NonZeroU32::new(64).unwrap()}));
        vm.load_program(p.clone());
        vm.set_input(Value::from_json_str(r#"{"x":1}"#).unwrap());
        let t=Instant::now();
        let r=vm.execute_entry_point_by_name("data.p.deny").map_err(|e|format!("{e}"));
        println!("   exec {:?}",t.elapsed());
        r.map(|v|v.to_json_str().unwrap().chars().take(300).collect::<String>())
    }).unwrap().join().unwrap();
    println!("{name}: {:?} {:?}",t.elapsed(),r);
}
fn main(){
    let a:Vec<String>=std::env::args().collect();
    match a[1].as_str(){
    "rec"=>run("rec","package p\nf(n) := f(n+1)\ndeny contains x if { x := f(1) }",a[2].parse().unwrap(),a[3].parse::<usize>().unwrap()<<20,true),
    "mrec"=>run("mrec","package p\nf(n) := g(n+1)\ng(n):=f(n)\ndeny contains x if { x := f(1) }",a[2].parse().unwrap(),a[3].parse::<usize>().unwrap()<<20,true),
    "nest"=>{let n:usize=a[2].parse().unwrap();let (o,c)=(a[3].clone(),a[4].clone());
        run("nest",&format!("package p\ndeny contains x if {{ x := {}1{} }}",o.repeat(n),c.repeat(n)),25000,64<<20,true)},
    "strict"=>{run("up","package p\ndeny contains x if { x := upper(1) }",25000,64<<20,true);
      run("up2","package p\ndeny contains x if { x := upper(input.x) }",25000,64<<20,true);
      run("not","package p\ndeny contains \"x\" if { not startswith(input.x,\"a\") }",25000,64<<20,false);
      run("not","package p\ndeny contains \"x\" if { not startswith(input.x,\"a\") }",25000,64<<20,true);
      run("synt","package p\ndeny contains \"x\" if { not startswith(input.x,\"a\"",25000,64<<20,true);
      run("undef","package p\ndeny contains \"x\" if { foo(1) }",25000,64<<20,true);
      run("undefv","package p\ndeny contains \"x\" if { foo == 1 }",25000,64<<20,true);
      run("unsafe","package p\ndeny contains y if { x == 1 }",25000,64<<20,true);
      run("with","package p\ndeny contains y if { y:= 1 with input as 3 }",25000,64<<20,true);
      run("v0","package p\ndeny[y] { y:= 1 }",25000,64<<20,true);
      run("dyn","package p\ndeny contains y if { y:= data[input.x] }",25000,64<<20,true);
      run("dyn2","package p\na:=1\ndeny contains y if { some x; y:= data.p[x] }",25000,64<<20,true);
      run("subset","package p\ndeny contains y if { y:= object.subset([1,2],[]) }",25000,64<<20,true);
      run("subset","package p\ndeny contains y if { y:= object.subset([],[]) }",25000,64<<20,true);
      run("tmpl","package p\ndeny contains y if { y:= $\"a {input.x}\" }",25000,64<<20,true);
      run("fnval","package p\ndeny contains y if { y:= sprintf(\"%50d|%v|%s\", [3,input,\"a\"]) }",25000,64<<20,true);
    },
    "size"=>{ let n:usize=a[2].parse().unwrap(); let mut s=String::from("package p\n"); for i in 0..n{s.push_str(&format!("deny contains \"x{i}\" if {{ input.a{i} == {i} }}\n"));} run("size",&s,250000,64<<20,true)},
    _=>{}
    }
}
