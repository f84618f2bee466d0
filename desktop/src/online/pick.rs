//! Which of several documents answers, where more than one would do: the person says.
use std::io::IsTerminal;

use holder::{Choice, OnlineRequest};

use super::typed_line;
use crate::cli::OnlineArgs;
use crate::output::{Failure, say};
use crate::wallet::failure;

/// A document that could answer a query, under its number in the list.
struct Offered {
    query: String,
    document: String,
    kind: String,
}

impl Offered {
    fn of(choice: &Choice) -> Self {
        let Choice { query, document, kind, .. } = choice;
        Self { query: query.clone(), document: document.clone(), kind: kind.clone() }
    }
}

/// The request with the documents that the person picked: by `--use`, or asked at a terminal. Without a word it is the newest, and
/// that is said.
pub(super) fn run(
    mut request: OnlineRequest,
    args: &OnlineArgs,
    as_json: bool,
) -> Result<OnlineRequest, Failure> {
    let asks = !args.yes && !as_json && std::io::stdin().is_terminal();
    let (offered, queries) = list(&request);
    let mut named = Vec::new();
    for words in &args.picks {
        let one = find(&offered, words).ok_or_else(|| not_there(words))?;
        named.push(one.query.as_str());
        request = request.with(&one.query, &one.document).map_err(failure)?;
    }
    for query in queries.iter().filter(|query| !named.contains(&query.as_str())) {
        let words = if asks {
            typed_line(&format!("Which one for {query:?}? Nothing for the first: "))
        } else {
            String::new()
        };
        if words.is_empty() {
            let first = offered.iter().find(|one| one.query == *query).ok_or_else(|| not_there(query))?;
            say(format_args!("taking the first: {} ({})", first.kind, first.document));
        } else {
            let one = find(&offered, &words).filter(|one| one.query == *query);
            request =
                request.with(query, &one.ok_or_else(|| not_there(&words))?.document).map_err(failure)?;
        }
    }
    Ok(request)
}

/// All that would do, told where there is something to pick; and the queries where there is.
fn list(request: &OnlineRequest) -> (Vec<Offered>, Vec<String>) {
    let (mut offered, mut queries) = (Vec::new(), Vec::new());
    for shown in request.choices() {
        let others: Vec<&Choice> = request.alternatives(&shown.query).collect();
        if !others.is_empty() {
            say(format_args!("any of these would do for {:?}:", shown.query));
            queries.push(shown.query.clone());
        }
        for choice in std::iter::once(shown).chain(others.iter().copied()) {
            offered.push(Offered::of(choice));
            if !others.is_empty() {
                let (number, Choice { kind, issuer, issued_at, document, .. }) = (offered.len(), choice);
                say(format_args!("  {number}. {kind} by {issuer}, issued {issued_at} ({document})"));
            }
        }
    }
    (offered, queries)
}

/// By number, by identifier, or the first of a type.
fn find<'o>(offered: &'o [Offered], words: &str) -> Option<&'o Offered> {
    let by_number = words.parse::<usize>().ok().and_then(|number| offered.get(number.checked_sub(1)?));
    by_number.or_else(|| offered.iter().find(|one| one.document == words || one.kind == words))
}

fn not_there(words: &str) -> Failure {
    Failure::input("online.not_an_alternative", format!("{words:?} is none of the documents that would do"))
}
