//! What can be wrong with content that an expectation looks into: no UTF-8, no JSON, no XML. Here the
//! server answered, so that these are failures and not errors.

use super::{Fault, fault, keeps, sized};

/// JSON that is none.
fn json(name: &'static str, body: impl AsRef<[u8]>, says: &'static str) -> Fault {
    fault(name, keeps(sized("Content-Type: application/json\r\n", body)), says)
        .expecting("select: { $.a: 1 }")
}

/// XML that is none.
fn xml(name: &'static str, body: impl AsRef<[u8]>, says: &'static str) -> Fault {
    fault(name, keeps(sized("Content-Type: application/xml\r\n", body)), says)
        .expecting("select: { /a: 1 }")
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        json("JSON cut off", "{\"a\": [1, 2", "line 1"),
        json("JSON with a comma too many", "{\"a\": 1,}", "line 1"),
        json("more behind JSON", "{\"a\": 1} {}", "line 1"),
        json("JSON of nothing", "", "empty"),
        json("HTML called JSON", "<html></html>", "line 1"),
        json("JSON that is no UTF-8", b"{\"a\": \"\xff\"}", "invalid unicode code point"),
        json("NaN in JSON", "{\"a\": NaN}", "line 1"),
        json(
            "JSON too deep",
            "[".repeat(200),
            "nested more than 128 deep, which is the limit `limits.depth`",
        ),
        json("JSON deeper than a request takes", "[".repeat(20), "nested more than 10 deep")
            .with("limits: { depth: 10 }"),
        fault(
            "text that is no UTF-8",
            keeps(sized("Content-Type: text/plain\r\n", b"caf\xe9")),
            "UTF-8",
        )
        .expecting("body: café"),
        xml("XML cut off", "<a><b></b>", "body"),
        xml("XML with crossed tags", "<a><b></a></b>", "body"),
        xml("XML of two roots", "<a/><b/>", "body"),
        xml("XML with an unknown entity", "<a>&b;</a>", "body"),
        xml(
            "XML with a document type",
            "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
            "document type declaration",
        ),
        xml("XML that is no UTF-8", b"<a>\xff</a>", "UTF-8"),
        xml(
            "XML too deep",
            format!("{}{}", "<a>".repeat(200), "</a>".repeat(200)),
            "nested more than 128 deep, which is the limit `limits.depth`",
        ),
    ]
}
