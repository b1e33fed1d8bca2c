use super::*;

fn one(text: &str) -> Rc<Node> {
    let documents = parse(text).expect("YAML");
    assert_eq!(documents.len(), 1, "{text}");
    Rc::clone(&documents[0])
}

fn json(text: &str) -> String {
    one(text).json().to_string()
}

#[test]
fn yaml_and_json_are_read() {
    assert_eq!(
        json("a: [1, 1.5, x, ~, true, \"1\"]"),
        r#"{"a":[1,1.5,"x",null,true,"1"]}"#
    );
    assert_eq!(
        json(r#"{"a": {"b": 1e3}, "c": []}"#),
        r#"{"a":{"b":1000.0},"c":[]}"#
    );
    assert_eq!(json("a: |\n  x\n  y\n"), r#"{"a":"x\ny\n"}"#);
    assert_eq!(json("a: !!str 1"), r#"{"a":"1"}"#);
    assert_eq!(json("9007199254740993"), "9007199254740993");
    assert_eq!(parse("a: 1\n---\nb: 2\n").expect("YAML").len(), 2);
    assert_eq!(parse("").expect("YAML").len(), 0);
    assert_eq!(json("\u{feff}a: 1"), r#"{"a":1}"#);
}

#[test]
fn nodes_know_their_lines() {
    let node = one("# first\na:\n  b:\n  - x\n  - y: 1\n");
    let a = node.get("a").expect("a");
    assert_eq!(a.line, 2);
    let b = a.node.get("b").expect("b");
    assert_eq!(b.line, 3);
    let Value::List(items) = &b.node.value else {
        panic!("a list");
    };
    assert_eq!((items[0].line, items[1].line), (4, 5));
}

#[test]
fn aliases_are_their_anchors() {
    assert_eq!(json("a: &x {b: 1}\nc: *x"), r#"{"a":{"b":1},"c":{"b":1}}"#);
    let node = one("a: &x {b: 1}\nc: *x");
    // Its own line is the anchor's: there the text is.
    let lines = node.get("c").map(|entry| (entry.line, entry.node.line));
    assert_eq!(lines, Some((2, 1)));
    let merged = "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n";
    assert_eq!(json(merged), r#"{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}"#);
    let both = "x: &x {b: 1}\ny: &y {b: 2, c: 3}\nd: {<<: [*x, *y]}\n";
    let d = one(both);
    let d = &d.get("d").expect("d").node;
    assert_eq!(d.json().to_string(), r#"{"b":1,"c":3}"#);
    assert_eq!(json("\"<<\": {b: 1}"), r#"{"<<":{"b":1}}"#);
}

#[test]
fn what_is_broken_is_said_with_its_line() {
    let line = |text: &str| parse(text).map(|_| ()).expect_err(text).line;
    assert_eq!(line("a: 1\nb: [1\nc: 2"), 3);
    assert_eq!(line("a: 1\na: 2"), 2);
    assert_eq!(line("a: *x"), 1);
    assert_eq!(line("? [a]\n: b"), 1);
    let inside = parse("a: &x [*x]").expect_err("an alias in its own anchor");
    assert!(inside.message.contains("alias"), "{inside:?}");
    let merge = parse("a: {<<: 1}").expect_err("a merge of no mapping");
    assert!(merge.message.contains("merges"), "{merge:?}");
}

#[test]
fn what_explodes_is_bounded() {
    let mut bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let said = |text: &str| parse(text).expect_err("too much").message;
    assert!(said(&bomb).contains("aliases written out"));
    assert!(said(&"[".repeat(200)).contains("deep"));
    // The parser has a bound of its own.
    assert!(parse(&"[".repeat(10_000)).is_err());
    let (open, close) = ("[".repeat(100), "]".repeat(100));
    assert!(said(&format!("a: &a {open}{close}\nb: {open}*a{close}")).contains("deep"));
    let (open, close) = ("[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(parse(&format!("{open}{close}")).is_ok());
    let big: String = (0..2_000).map(|key| format!("k{key}: 1, ")).collect();
    let merges = "- {<<: *a}\n".repeat(600);
    assert!(said(&format!("- &a {{{big}}}\n{merges}")).contains("aliases written out"));
}
