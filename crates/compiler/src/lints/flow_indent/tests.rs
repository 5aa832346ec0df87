use crate::options::Options;
use crate::{SourceFile, compile};

#[test]
fn it_speaks_when_asked() {
    let mut options = Options::new(std::sync::Arc::new(falco_catalog::Catalog::builtin()));
    let file = SourceFile::new("r.yaml", "- list: l\n  items: [\n    a\n  ]\n");
    let codes = |options: &Options| {
        let found = compile(std::slice::from_ref(&file), options).diagnostics();
        found.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&options), ["LOAD_UNUSED_LIST"]);
    options.lints.set("flow-indent", crate::LintLevel::Warning).unwrap();
    assert_eq!(codes(&options), ["LOAD_UNUSED_LIST", "flow-indent"]);
}
