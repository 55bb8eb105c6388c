//! What changed within a line, and lines that are too long to be shown.

use similar::{Algorithm, ChangeTag, TextDiff};

/// The longest texts, in bytes, whose words are compared.
const LONGEST_COMPARED: usize = 20_000;
/// Longer lines, in characters, are shortened.
const LONGEST_LINE: usize = 1_000;
/// What is kept of a long piece: characters at its start and at its end.
const KEPT_SAME: usize = 60;
const KEPT_CHANGED: usize = 300;

/// A text in pieces; `true` for those that changed.
pub(super) type Pieces = Vec<(bool, String)>;

/// Whether the words of these texts are compared: not of very long ones, which take long.
pub(super) fn is_short(old: usize, new: usize) -> bool {
    old + new <= LONGEST_COMPARED
}

/// Two texts with the words that differ. Where they have little in common, all of it differs.
pub(super) fn words(old: &str, new: &str) -> (Pieces, Pieces) {
    let whole = || (vec![(true, old.to_owned())], vec![(true, new.to_owned())]);
    if !is_short(old.len(), new.len()) {
        return ends(old, new);
    }
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_unicode_words(old, new);
    if diff.ratio() < 0.5 {
        return whole();
    }
    let (mut left, mut right) = (Pieces::new(), Pieces::new());
    for change in diff.iter_all_changes() {
        let text = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut left, false, text);
                push(&mut right, false, text);
            }
            ChangeTag::Delete => push(&mut left, true, text),
            ChangeTag::Insert => push(&mut right, true, text),
        }
    }
    (left, right)
}

/// Two texts with what stands between the start and the end that they share.
fn ends(old: &str, new: &str) -> (Pieces, Pieces) {
    let same = |(a, b): &(char, char)| a == b;
    let start: usize =
        old.chars().zip(new.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end: usize = old_rest
        .chars()
        .rev()
        .zip(new_rest.chars().rev())
        .take_while(same)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let pieces = |rest: &str| {
        let mut pieces = Pieces::new();
        push(&mut pieces, false, &old[..start]);
        push(&mut pieces, true, &rest[..rest.len() - end]);
        push(&mut pieces, false, &rest[rest.len() - end..]);
        pieces
    };
    (pieces(old_rest), pieces(new_rest))
}

fn push(pieces: &mut Pieces, changed: bool, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some((last, own)) if *last == changed => own.push_str(text),
        _ => pieces.push((changed, text.to_owned())),
    }
}

/// Cuts the long pieces of a line that is too long; `…` stands for what is left out.
pub(super) fn shorten(pieces: &mut Pieces) {
    // No text has more characters than bytes.
    if pieces.iter().map(|(_, text)| text.len()).sum::<usize>() <= LONGEST_LINE {
        return;
    }
    let lengths: Vec<usize> = pieces.iter().map(|(_, text)| text.chars().count()).collect();
    if lengths.iter().sum::<usize>() <= LONGEST_LINE {
        return;
    }
    for ((changed, text), length) in pieces.iter_mut().zip(lengths) {
        let kept = if *changed { KEPT_CHANGED } else { KEPT_SAME };
        if length > 2 * kept + 1 {
            let head: String = text.chars().take(kept).collect();
            let tail = text.char_indices().rev().nth(kept - 1).map_or(0, |(at, _)| at);
            *text = format!("{head}…{}", &text[tail..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_words_that_differ_stand_out() {
        let (old, new) = words("the price is 12 EUR today", "the price is 13 EUR today");
        let changed = |pieces: &Pieces| {
            pieces.iter().filter(|(changed, _)| *changed).map(|(_, text)| text.clone()).collect()
        };
        let (old, new): (Vec<String>, Vec<String>) = (changed(&old), changed(&new));
        assert_eq!((old, new), (vec!["12".to_owned()], vec!["13".to_owned()]));
    }

    #[test]
    fn a_long_line_keeps_what_stands_around_its_change() {
        let filler = "x ".repeat(20_000);
        let (mut old, _) = words(&format!("{filler}old{filler}"), &format!("{filler}new{filler}"));
        shorten(&mut old);
        assert_eq!(old.len(), 3);
        assert_eq!(old[1], (true, "old".to_owned()));
        assert_eq!(old[0].1.chars().count(), 2 * KEPT_SAME + 1);
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_texts(old in "[ab é]{0,30}", new in "[ab é]{0,30}") {
            let text = |pieces: Pieces| pieces.into_iter().map(|(_, text)| text).collect::<String>();
            for (left, right) in [words(&old, &new), ends(&old, &new)] {
                prop_assert_eq!(text(left), old.clone());
                prop_assert_eq!(text(right), new.clone());
            }
        }
    }
}
