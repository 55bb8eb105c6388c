use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::review::model::tests::{press, review};

/// What is seen on a screen.
fn screen(review: &Review, color: bool) -> (String, ratatui::buffer::Buffer) {
    let (columns, rows) = review.size();
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
    terminal.draw(|frame| draw(frame, review, Look { color })).expect("drawn");
    let buffer = terminal.backend().buffer().clone();
    let rows = buffer.content.chunks(usize::from(columns));
    let line = |row: &[ratatui::buffer::Cell]| {
        row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
    };
    (rows.map(line).collect::<Vec<_>>().join("\n"), buffer)
}

#[test]
fn a_small_screen() {
    let mut review = review((80, 24));
    press(&mut review, "\t");
    insta::assert_snapshot!(screen(&review, true).0);
    press(&mut review, "x");
    insta::assert_snapshot!("a_small_screen_with_a_question", screen(&review, true).0);
}

#[test]
fn a_large_screen() {
    let mut review = review((160, 48));
    press(&mut review, "x\na");
    insta::assert_snapshot!(screen(&review, true).0);
    press(&mut review, "rq");
    insta::assert_snapshot!("a_large_screen_at_the_end", screen(&review, true).0);
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    for size in [(49, 24), (80, 13), (10, 3), (1, 1)] {
        let (text, _) = screen(&review(size), true);
        assert!(size.0 < 20 || text.contains("too small"), "{text}");
    }
    for overlay in ["?", "x", "aq"] {
        let mut review = review(LEAST);
        press(&mut review, overlay);
        screen(&review, true);
    }
}

#[test]
fn words_that_differ_stand_out_with_colours_and_without() {
    let mut review = review((80, 24));
    press(&mut review, "\t");
    for color in [true, false] {
        let (_, buffer) = screen(&review, color);
        let reversed: String = buffer
            .content
            .iter()
            .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert_eq!(reversed, "12longshort");
        let colored = buffer.content.iter().any(|cell| cell.fg != Color::Reset);
        assert_eq!(colored, color);
    }
}

#[test]
fn nothing_that_was_sent_reaches_the_terminal_as_it_is() {
    let bad = "a\u{1b}[31mb\u{9b}2Jc\u{202e}d\r\u{7}";
    let mut review = review((160, 48));
    for item in &mut review.items {
        item.pending.old = Some(format!("HTTP 200\nx-{bad}: y\n\n{bad}\nx"));
        item.pending.new = format!("HTTP 200\nx: {bad}\n\n{bad}");
        item.pending.shown = format!("snapshots/{bad}.snap");
        item.pending.about.title = bad.to_owned();
        item.pending.about.request = bad.to_owned();
        item.pending.about.source = bad.to_owned();
    }
    let fresh = review.items.into_iter().map(|item| item.pending).collect();
    let mut review = Review::new(fresh, crate::review::Specs::default(), (160, 48));
    for key in ["", "\t", "a", "x", "\u{1b}", "q"] {
        press(&mut review, key);
        let (text, _) = screen(&review, true);
        let driving = |c: &char| c.is_control() && *c != '\n' || *c == '\u{202e}';
        assert_eq!(text.chars().find(driving), None, "{key:?}");
        assert!(text.contains("\\u{1b}[31m"), "{text}");
    }
}
