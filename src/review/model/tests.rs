use super::*;
use crate::snapshot::About;

const SPEC: &str = "\
tests:
  - name: a
    request: GET /a
    snapshot: true # all
  - name: rows
    request: GET /b
    snapshot: true
";

/// A change of a line of `a.yaml`.
fn change(name: &str, line: u32, old: Option<&str>, new: &str) -> Pending {
    let about = About {
        source: "a.yaml".to_owned(),
        title: name.to_owned(),
        request: format!("GET /{name}"),
        line: Some(line),
        case: None,
    };
    Pending::sample(&format!("snapshots/a__{name}.snap"), about, old, new)
}

/// Three changes, of which the last two are of one line.
pub(crate) fn review(size: (u16, u16)) -> Review {
    let old = "HTTP 200\n\n{\n  \"id\": 1,\n  \"name\": \"a long name\"\n}";
    let new = "HTTP 200\n\n{\n  \"id\": 2,\n  \"name\": \"a short name\"\n}";
    let items = "[\n  {\n    \"id\": 1\n  },\n  {\n    \"id\": 2\n  }\n]";
    let changes = vec![
        change("a", 4, Some(old), new),
        change("rows-1", 7, Some("[]"), items),
        change("rows-2", 7, None, &items.replace('2', "3")),
    ];
    Review::new(changes, Specs::of("a.yaml", SPEC), size)
}

/// Presses keys, each a character, `\t` for Tab, `\n` for Enter and `\x1b` for Escape.
pub(crate) fn press(review: &mut Review, keys: &str) -> Option<End> {
    let code = |c: char| match c {
        '\t' => KeyCode::Tab,
        '\n' => KeyCode::Enter,
        '\u{1b}' => KeyCode::Esc,
        '↓' => KeyCode::Down,
        '↑' => KeyCode::Up,
        c => KeyCode::Char(c),
    };
    let mut end = None;
    for c in keys.chars() {
        assert_eq!(end, None, "the review has ended before `{c}`");
        end = review.press(KeyEvent::from(code(c)));
    }
    end
}

fn choices(review: &Review) -> Vec<Option<Choice>> {
    review.items.iter().map(|item| item.choice).collect()
}

fn said(review: &Review) -> &str {
    review.message.as_ref().map_or("", |(_, text)| text)
}

#[test]
fn a_decision_leads_to_what_is_undecided() {
    let mut review = review((80, 24));
    press(&mut review, "n");
    press(&mut review, "r");
    assert_eq!(review.position, 2);
    press(&mut review, "s");
    assert_eq!(review.position, 0);
    assert_eq!(choices(&review), [None, Some(Choice::Reject), Some(Choice::Skip)]);
    assert!(matches!(review.overlay, Overlay::None));
    press(&mut review, "a");
    assert!(matches!(review.overlay, Overlay::Leave), "everything is decided");
    assert_eq!(press(&mut review, "\n"), Some(End::CarryOut));
}

#[test]
fn all_of_a_spec_is_accepted_but_for_what_is_decided() {
    let mut review = review((80, 24));
    review.items[2].pending.about.source = "b.yaml".to_owned();
    press(&mut review, "r");
    press(&mut review, "A");
    assert_eq!(choices(&review), [Some(Choice::Reject), Some(Choice::Accept), None]);
    assert_eq!(review.position, 2);
    press(&mut review, "u");
    assert_eq!(choices(&review), [Some(Choice::Reject), None, None]);
    assert_eq!(review.position, 1);
    press(&mut review, "uu");
    assert_eq!((choices(&review), said(&review)), (vec![None; 3], "there is nothing to undo"));
    press(&mut review, "ap");
    press(&mut review, "nA");
    press(&mut review, "\u{1b}pA");
    assert!(said(&review).contains("nothing of a.yaml is undecided") || review.position == 2);
}

#[test]
fn who_leaves_is_asked_where_there_is_something_to_lose() {
    assert_eq!(press(&mut review((80, 24)), "q"), Some(End::Drop));
    let mut own = review((80, 24));
    assert_eq!(press(&mut own, "aq"), None);
    assert_eq!(press(&mut own, "\u{1b}"), None);
    assert_eq!(press(&mut own, "qd"), Some(End::Drop));
    let mut own = review((80, 24));
    assert_eq!(press(&mut own, "aqu"), None);
    assert_eq!(press(&mut own, "q"), Some(End::Drop), "nothing is decided any more");
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let mut own = review((80, 24));
    press(&mut own, "a");
    assert_eq!(own.press(interrupt), None);
    assert_eq!(own.press(interrupt), Some(End::Drop));
}

#[test]
fn a_redaction_is_in_the_spec_and_in_every_change_of_its_line() {
    let mut review = review((80, 24));
    press(&mut review, "x\n");
    assert!(review.item().text.contains("\"id\": \"<integer>\""), "{}", review.item().text);
    press(&mut review, "nn");
    // Of a new snapshot everything can be redacted: `[`, `{`, then the id.
    press(&mut review, "\t\tx");
    let Overlay::Redact(dialog) = &review.overlay else { panic!("{:?}", review.message) };
    assert_eq!(dialog.paths[0], ("$[*].id".to_owned(), 2));
    press(&mut review, "\n");
    assert_eq!(review.redacted(), 2);
    assert!(said(&review).contains("in 1 other change"), "{}", said(&review));
    assert_eq!(review.items[1].text, review.items[2].text);
    let spec: Vec<_> = review.specs.changed().map(|(_, spec)| spec.text.clone()).collect();
    assert_eq!(
        spec,
        ["\
tests:
  - name: a
    request: GET /a
    snapshot: # all
      redact:
        $.id: { $type: integer }
  - name: rows
    request: GET /b
    snapshot:
      redact:
        $[*].id: { $type: integer }
"]
    );
    // It is taken back as any decision is.
    press(&mut review, "u");
    assert_eq!(review.redacted(), 1);
    assert!(review.items[1].text.contains("\"id\": 1"), "{}", review.items[1].text);
    assert!(review.items[0].text.contains("<integer>"));
    press(&mut review, "u");
    assert_eq!(review.specs.changed().count(), 0);
}

#[test]
fn what_cannot_be_redacted_says_why() {
    let mut own = review((80, 24));
    own.items[0].pending.about.line = None;
    press(&mut own, "x");
    assert!(said(&own).contains("which line"), "{}", said(&own));
    let mut own = review((80, 24));
    own.items[0].pending.about.line = Some(2);
    press(&mut own, "x\n");
    let Overlay::Redact(dialog) = &own.overlay else { panic!("no dialog") };
    let error = dialog.error.as_deref().unwrap_or_default();
    assert!(error.contains("line 2 of the spec holds no `snapshot`"), "{error}");
    assert!(error.contains("by hand: `redact: { $.id: { $type: integer } }`"), "{error}");
    press(&mut own, "\u{1b}");
    assert_eq!(own.redacted(), 0);
    own.items[0].pending.new = "text".to_owned();
    own.items[0].set("text".to_owned());
    press(&mut own, "x");
    assert!(said(&own).contains("no value here"), "{}", said(&own));
}

#[test]
fn one_goes_from_difference_to_difference() {
    let mut review = review((80, 24));
    press(&mut review, "\t");
    assert_eq!(review.spot, 1);
    press(&mut review, "\t");
    assert!(said(&review).contains("the last difference"), "{}", said(&review));
    review.press(KeyEvent::from(KeyCode::BackTab));
    review.press(KeyEvent::from(KeyCode::BackTab));
    assert_eq!((review.spot, said(&review)), (0, "this is the first difference"));
    press(&mut review, "p");
    assert_eq!((review.position, said(&review)), (0, "this is the first one"));
    press(&mut review, "nnn");
    assert_eq!((review.position, said(&review)), (2, "this is the last one"));
}

#[test]
fn the_current_difference_is_in_sight_whatever_the_size() {
    let body = |end: &str| {
        let items: Vec<_> = (0..200).map(|index| format!("\"{index} {end}\"")).collect();
        format!("[{}]", items.join(","))
    };
    let changes = vec![change("a", 4, Some(&body("a")), &body("b"))];
    let mut review = Review::new(changes, Specs::default(), (80, 24));
    for size in [(80, 24), (160, 48), (50, 14), (300, 20)] {
        review.resize(size);
        for _ in 0..30 {
            press(&mut review, "\t");
            let rows = review.rows();
            let at = rows.iter().position(|row| row.spots.contains(&Some(review.spot)));
            let seen = review.scroll..review.scroll + usize::from(review.areas().diff.height);
            assert!(at.is_some_and(|at| seen.contains(&at)), "{size:?} {at:?} {seen:?}");
        }
    }
    press(&mut review, "G");
    let bottom = review.scroll;
    press(&mut review, "j ");
    assert_eq!(review.scroll, bottom, "there is nothing below the end");
    press(&mut review, "gk");
    assert_eq!(review.scroll, 0);
}

#[test]
fn both_sides_stand_beside_each_other_where_there_is_room() {
    let mut review = review((119, 24));
    assert!(!review.is_beside());
    review.resize((120, 24));
    assert!(review.is_beside());
    press(&mut review, "v");
    assert!(!review.is_beside());
    press(&mut review, "vnn");
    assert!(!review.is_beside(), "there is no other side");
    press(&mut review, "v");
    assert!(said(&review).contains("nothing is approved yet"), "{}", said(&review));
}

#[test]
fn keys_that_mean_nothing_do_nothing() {
    let mut review = review((80, 24));
    press(&mut review, "zZ1");
    assert_eq!(said(&review), "`?` shows the keys");
    review.press(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::CONTROL));
    review.press(KeyEvent::new(KeyCode::Char('r'), KeyModifiers::ALT));
    press(&mut review, "?a");
    assert_eq!(choices(&review), [None; 3]);
}

#[test]
fn a_redaction_for_the_whole_file_is_in_every_change_of_it() {
    let mut review = review((80, 24));
    for item in &mut review.items[1..] {
        item.pending.new = "{\n  \"id\": 7\n}".to_owned();
        item.set(item.pending.new.clone());
    }
    press(&mut review, "xf\n");
    assert!(said(&review).contains("in 2 other changes"), "{}", said(&review));
    assert!(review.items.iter().all(|item| item.text.contains("<integer>")));
    let spec: Vec<_> = review.specs.changed().map(|(_, spec)| spec.text.clone()).collect();
    let defaults = "defaults:\n  redact:\n    $.id: { $type: integer }\n\n";
    assert_eq!(spec, [format!("{defaults}{SPEC}")]);
    assert_eq!(review.specs.line("a.yaml", 7), 11);
    press(&mut review, "u");
    assert_eq!(review.specs.line("a.yaml", 7), 7);
}
