//! Exchanges as they were on the wire: `>` is what was sent, `<` what came.

use std::time::Duration;

use super::account::Section;
use super::body::Room;
use super::explain::{coded, content_type, time, unread};
use crate::diagnostic::printable;
use crate::exchange::{Exchange, Fault, Leg, Timings};

/// All of an exchange, with where the time went.
pub(super) fn exchange(exchange: &Exchange, room: Room) -> Vec<Section> {
    let mut sections = legs(&exchange.wire, room);
    let response = &exchange.response;
    let mut body = Vec::new();
    let text = std::str::from_utf8(&response.body).ok();
    room.raw().body(text, response.body.len() as u64, content_type(&response.headers), &mut body);
    body.extend(unread(exchange).into_iter().flat_map(|line| [String::new(), line]));
    if let Some((_, lines)) = sections.last_mut() {
        // What is said about the answer stands below all of it.
        let notes = exchange.wire.last().map_or(0, |leg| leg.notes.len());
        let end = lines.len() - notes;
        // The head ends with an empty line; so does what is said in place of it.
        let body = body.iter().skip(1).map(|line| came(&printable(line)));
        lines.splice(end..end, body);
    }
    sections.push((times(&exchange.timings, &coded(response)), Vec::new()));
    sections
}

/// What there was of an exchange that came to no end.
pub(super) fn fault(fault: &Fault, room: Room) -> Vec<Section> {
    legs(&fault.wire, room)
}

fn legs(legs: &[Leg], room: Room) -> Vec<Section> {
    let count = legs.len();
    legs.iter()
        .enumerate()
        .map(|(number, leg)| {
            let mut title = match count {
                1 => "exchange".to_owned(),
                _ => format!("exchange {} of {count}", number + 1),
            };
            if let Some(peer) = leg.peer {
                title.push_str(&format!("  {peer}"));
            }
            title.push_str(if leg.reused { " · used again" } else { " · new connection" });
            (title, lines(leg, room))
        })
        .collect()
}

fn lines(leg: &Leg, room: Room) -> Vec<String> {
    let mut lines: Vec<_> = leg.sent.lines().map(|line| sent(&printable(line))).collect();
    if !leg.sent.ends_with("\r\n\r\n") {
        lines.push(sent(""));
    }
    let mut content = Vec::new();
    room.raw().content(&leg.content, "", &mut content);
    lines.extend(content.iter().skip(1).map(|line| sent(&printable(line))));
    if leg.received.is_empty() {
        lines.push("(no answer came)".to_owned());
    } else {
        lines.extend(leg.received.lines().map(|line| came(&printable(line))));
        if !leg.received.ends_with("\r\n\r\n") {
            lines.push(came(""));
        }
    }
    lines.extend(leg.notes.iter().map(|note| format!("({})", printable(note))));
    lines
}

fn sent(line: &str) -> String {
    format!("> {line}")
}

fn came(line: &str) -> String {
    format!("< {line}")
}

/// Where the time went, in a line; phases that did not happen are left out.
fn times(timings: &Timings, more: &str) -> String {
    let phase = |name: &str, duration: Option<Duration>| {
        duration.map(|duration| format!("{name} {}", time(duration)))
    };
    let phases = [
        phase("dns", timings.dns),
        phase("connect", timings.connect),
        phase("tls", timings.tls),
        phase("first byte", Some(timings.first_byte)),
        phase("total", Some(timings.total)),
    ];
    format!("times  {}{more}", phases.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}
