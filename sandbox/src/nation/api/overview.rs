//! The description for people.
use std::fmt::Write as _;

use axum::response::Html;

use super::super::pages::{escape, page};
use super::calls::{Asked, Call, Gives, calls};
use super::shape::Member;
use super::{TAGS, in_path, method, tag};

const INTRODUCTION: &str = "<p>Every call of the sandbox, with what it takes and gives. \
    <a href=\"/openapi.json\">The same for machines</a> (OpenAPI 3.1).</p>\
    <p>A refusal is <code>{\"error\", \"error_description\"}</code> with status 4xx; <code>error</code> is stable. A <i>signed</i> call takes \
    <code>{\"jws\"}</code>: a message of the phone's instance key with <code>aud</code>, <code>op</code>, <code>challenge</code>, \
    <code>seq</code>, <code>iat</code> and the members below.</p>";

/// The page.
pub(in super::super) async fn overview() -> Html<String> {
    let mut body = String::from(INTRODUCTION);
    for (name, _, what) in TAGS {
        let _ = write!(body, "<h2 id=\"{name}\">{what}</h2>");
        for call in calls().filter(|(_, path, ..)| tag(path) == *name) {
            body.push_str(&shown(call));
        }
    }
    page("API", &body)
}

fn shown((asked, path, summary, takes, gives): &Call) -> String {
    let how = match asked {
        Asked::Signed(operations) => format!(", signed: {}", operations.join(" | ")),
        Asked::Form => ", form".to_owned(),
        Asked::Get | Asked::Empty | Asked::Json => String::new(),
    };
    let given = match gives {
        Gives::Record(members) => titled("gives", &of(members)),
        Gives::Page => "<p>Gives a page.</p>".to_owned(),
        Gives::PageOrRecord(members) => format!("<p>Gives a page, or JSON:</p>{}", list(&of(members))),
        Gives::Bytes(types) => format!("<p>Gives <code>{}</code></p>", types.join("</code> or <code>")),
    };
    let mut taken: Vec<Member> = in_path(path).collect();
    taken.extend(of(takes));
    format!(
        "<details><summary><code>{} {path}</code>{how}<br><small>{summary}</small></summary>{}{given}</details>",
        method(*asked).to_uppercase(),
        titled("takes", &taken),
    )
}

fn of(written: &'static [&'static str]) -> Vec<Member> {
    written.iter().map(|written| Member::of(written)).collect()
}

fn titled(title: &str, members: &[Member]) -> String {
    if members.is_empty() { String::new() } else { format!("<h3>{title}</h3>{}", list(members)) }
}

fn list(members: &[Member]) -> String {
    let mut list = String::from("<dl>");
    for Member { name, required, meaning } in members {
        let Some((_, shape, example, sentence)) = meaning else { continue };
        let may = if *required { "" } else { ", not always" };
        let _ =
            write!(list, "<dt><code>{name}</code> <small>{}{may}</small></dt>", escape(&shape.in_words()));
        let _ = write!(list, "<dd>{}", escape(sentence));
        // What null looks like needs no example.
        if *example != "null" {
            let _ = write!(list, "<br><code>{}</code>", escape(example));
        }
        let inside = of(shape.members());
        if !inside.is_empty() {
            list.push_str(&self::list(&inside));
        }
        list.push_str("</dd>");
    }
    list.push_str("</dl>");
    list
}
