//! `sen-web-bindgen WASM FOLDER NAME web|nodejs`: the JavaScript beside the wasm, in files of that name. The crate's command line tool pins a
//! dependency that not every registry serves; its library does the same work.
use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, folder, name, target] = arguments.as_slice() else {
        return Err("usage: sen-web-bindgen WASM FOLDER NAME web|nodejs".into());
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(name).typescript(true).remove_name_section(true);
    // A page that says nothing gets the wasm beside the JavaScript.
    bindgen.omit_default_module_path(false);
    match target.as_str() {
        "web" => bindgen.web(true)?,
        "nodejs" => bindgen.nodejs(true)?,
        _ => return Err("the target is web or nodejs".into()),
    };
    bindgen.generate(Path::new(folder))?;
    Ok(())
}
