//! What the person sees in the browser: who asks for which document, a log-in by number and one-time code, and yes or no.
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use url::Url;

use super::super::account::Account;
use super::super::answer::{Answer, Refusal, wants_json};
use super::super::body::Body;
use super::super::mailbox::tell;
use super::super::opening::one_time_code;
use super::super::pages::{escape, page};
use super::super::{Nation, Shared, random_text};
use super::{
    HOUR, LEVEL, MOST_ATTEMPTS, MOST_SENT, Owner, PUSHED_LIFE, REQUEST_URI, Stage, VISIT_LIFE, Visit, Wish,
};

/// Nothing from elsewhere, in no other page's frame; a form may end at an app on this computer or phone.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http://127.0.0.1:* vn.sen.app:; \
                      frame-ancestors 'none'; base-uri 'none'";
const TITLE: &str = "Đồng ý cấp giấy tờ / agree to a document";
const OVER: Refusal =
    Refusal::new("request_unknown", "this request is unknown, over or answered: begin again");

#[derive(Deserialize)]
pub(in super::super) struct Opened {
    client_id: String,
    request_uri: String,
}

/// The browser opens the request (RFC 9126, section 4).
pub(in super::super) async fn ask(
    State(nation): State<Shared>,
    headers: HeaderMap,
    opened: Result<Query<Opened>, QueryRejection>,
) -> Response {
    let opened = opened.map_err(|_| OVER);
    opened.and_then(|Query(opened)| show(&nation, &opened)).unwrap_or_else(|refusal| told(&headers, refusal))
}

fn show(nation: &Nation, opened: &Opened) -> Answer {
    let id = opened.request_uri.strip_prefix(REQUEST_URI).ok_or(OVER)?;
    let now = nation.now().as_unix();
    let mut under_way = nation.authorisations.lock();
    let visit = under_way.visits.get_mut(id).filter(|visit| visit.wish.client == opened.client_id);
    let visit = visit.filter(|visit| match visit.stage {
        Stage::Pushed => now - visit.began < PUSHED_LIFE,
        // A page that is loaded again.
        Stage::Shown => now - visit.began < VISIT_LIFE,
        _ => false,
    });
    let visit = visit.ok_or(OVER)?;
    visit.stage = Stage::Shown;
    let form = format!(
        "{}<form method=\"post\" action=\"/authorize\"><input type=\"hidden\" name=\"visit\" value=\"{}\">\
         <p><label>Số định danh cá nhân / personal number<br><input name=\"number\" inputmode=\"numeric\" autocomplete=\"off\" \
         maxlength=\"12\" autofocus></label></p><button>Gửi mã đến điện thoại của tôi / send a code to my phone</button></form>",
        asked(&visit.wish),
        escape(id)
    );
    Ok(shown(&form))
}

#[derive(Deserialize)]
struct Typed {
    visit: String,
    number: Option<String>,
    code: Option<String>,
    answer: Option<String>,
}

/// The person's number, then the one-time code with yes or no.
pub(in super::super) async fn login(
    State(nation): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let typed: Result<Typed, Refusal> = body.form();
    typed.and_then(|typed| take(&nation, &typed)).unwrap_or_else(|refusal| told(&headers, refusal))
}

fn take(nation: &Nation, typed: &Typed) -> Answer {
    let now = nation.now().as_unix();
    let visit = nation.authorisations.lock().visits.get(&typed.visit).cloned();
    let visit = visit.filter(|visit| now - visit.began < VISIT_LIFE).ok_or(OVER)?;
    if typed.answer.as_deref() == Some("no") {
        nation.authorisations.lock().visits.remove(&typed.visit);
        return returned(nation, &visit.wish, ("error", "access_denied"));
    }
    match (&visit.stage, typed.number.as_deref(), typed.code.as_deref(), typed.answer.as_deref()) {
        (Stage::Shown, Some(number), None, None) => send_code(nation, &typed.visit, &visit, number),
        (Stage::CodeSent { .. }, None, Some(code), Some("yes")) => agree(nation, &typed.visit, code),
        _ => Err(OVER),
    }
}

/// Sends a code where the account may agree. The page looks the same where it may not: a stranger learns nothing of a number.
fn send_code(nation: &Nation, id: &str, visit: &Visit, number: &str) -> Answer {
    let (now, code) = (nation.now(), one_time_code()?);
    count(nation, number, now.as_unix())?;
    let known = nation.database.read(|statements| Account::of_person(statements, number))?;
    let known = known.and_then(|account| account.active().ok());
    let may = known.filter(|account| account.standing.level() >= LEVEL.max(visit.wish.document.level));
    nation.database.change(|change| match (&may, Account::of_person(change, number)?) {
        (Some(account), _) => {
            let text = format!("Mã đồng ý cấp giấy tờ / code for agreeing in the browser: {code}");
            tell(change, &account.person, &text, now)
        }
        (None, Some(account)) => {
            let text = "Tài khoản cần mức 2 và đang hoạt động để đồng ý trên trình duyệt / an active account at level 2 is \
                        needed to agree in a browser.";
            tell(change, &account.person, text, now)
        }
        (None, None) => Ok(()),
    })?;
    let mut under_way = nation.authorisations.lock();
    let visit = under_way.visits.get_mut(id).ok_or(OVER)?;
    let account = may.map(|account| Owner { account: account.id, person: account.person });
    visit.stage = Stage::CodeSent { account, code, attempts: 0 };
    Ok(shown(&code_form(&visit.wish, id, "")))
}

/// Counts a code for a number before anything is looked at: the sixth is refused to a stranger and a locked account as well. A number is
/// counted once a visit, so that there are no more of them than visits in an hour.
fn count(nation: &Nation, number: &str, now: i64) -> Result<(), Refusal> {
    // What is no number is nobody's, and not kept.
    if number.len() != 12 || !number.bytes().all(|character| character.is_ascii_digit()) {
        return Ok(());
    }
    let sent = &mut nation.authorisations.lock().sent;
    sent.retain(|_, times| {
        times.retain(|at| now - at < HOUR);
        !times.is_empty()
    });
    let times = sent.entry(number.to_owned()).or_default();
    if let Some(first) = times.first().filter(|_| times.len() >= MOST_SENT) {
        let refusal = Refusal::new("too_many_attempts", "too many codes were sent: wait");
        return Err(refusal.after_seconds(first + HOUR - now));
    }
    times.push(now);
    Ok(())
}

fn agree(nation: &Nation, id: &str, typed: &str) -> Answer {
    let now = nation.now().as_unix();
    let (wish, granted) = {
        let mut under_way = nation.authorisations.lock();
        let visit = under_way.visits.get_mut(id).ok_or(OVER)?;
        let Stage::CodeSent { account, code, attempts } = &mut visit.stage else { return Err(OVER) };
        // Counted before the check.
        *attempts += 1;
        let right = bool::from(typed.trim().as_bytes().ct_eq(code.as_bytes()));
        let Some(owner) = account.clone().filter(|_| right) else {
            if *attempts >= MOST_ATTEMPTS {
                under_way.visits.remove(id);
                return Err(OVER);
            }
            let again = "<p>Mã không đúng. / The code is wrong.</p>";
            return Ok((StatusCode::FORBIDDEN, shown(&code_form(&visit.wish, id, again))).into_response());
        };
        let granted = random_text(24)?;
        nation.journal.note(nation.now(), &owner.account, "agreed to a document in a browser");
        visit.stage = Stage::Agreed { owner, code: granted.clone(), at: now };
        (visit.wish.clone(), granted)
    };
    returned(nation, &wish, ("code", &granted))
}

/// Who asks for what.
fn asked(wish: &Wish) -> String {
    let (vietnamese, english) = wish.document.content.titles();
    format!(
        "<p>TEST ONLY: một quốc gia tưởng tượng / an invented nation</p><p>Ứng dụng <b>{}</b> trên máy này xin: <b>{vietnamese}</b>.<br>\
         The app <b>{0}</b> on this computer asks for: <b>{english}</b>.</p>",
        escape(&wish.client)
    )
}

fn code_form(wish: &Wish, id: &str, more: &str) -> String {
    format!(
        "{}{more}<form method=\"post\" action=\"/authorize\"><input type=\"hidden\" name=\"visit\" value=\"{}\">\
         <p><label>Mã trong tin nhắn / code of the message<br><input name=\"code\" inputmode=\"numeric\" \
         autocomplete=\"one-time-code\" maxlength=\"6\" autofocus></label></p>\
         <button name=\"answer\" value=\"yes\">Đồng ý / agree</button> \
         <button name=\"answer\" value=\"no\">Từ chối / decline</button></form>",
        asked(wish),
        escape(id)
    )
}

fn shown(body: &str) -> Response {
    let headers =
        [(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    (headers, page(TITLE, body)).into_response()
}

/// A refusal: a page for a person, JSON for whoever asks for it. It stays here: where the request is not one that was pushed and
/// looked at, nobody knows that its address is the app's (RFC 6749, section 4.1.2.1).
fn told(headers: &HeaderMap, refusal: Refusal) -> Response {
    if wants_json(headers) {
        return refusal.into_response();
    }
    let vietnamese = match refusal.code() {
        "request_unknown" => {
            "Yêu cầu này không có, đã hết hạn hoặc đã được trả lời. Hãy bắt đầu lại trong ứng dụng."
        }
        "too_many_attempts" => "Đã gửi quá nhiều mã cho số này. Hãy chờ một giờ.",
        "invalid_request" => "Trang này được mở sai cách. Hãy bắt đầu lại trong ứng dụng.",
        _ => "Hệ thống có lỗi. Hãy thử lại sau.",
    };
    let page = shown(&format!("<p>{vietnamese}</p><p>{}</p>", escape(refusal.description())));
    refusal.on(page)
}

/// Back to the app, with the state that it sent and who answers (RFC 9207).
fn returned(nation: &Nation, wish: &Wish, (name, value): (&str, &str)) -> Answer {
    let mut url = Url::parse(&wish.redirect_uri).map_err(|_| Refusal::broken())?;
    url.query_pairs_mut()
        .append_pair(name, value)
        .append_pair("state", &wish.state)
        .append_pair("iss", &nation.url);
    let location = HeaderValue::from_str(url.as_str()).map_err(|_| Refusal::broken())?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}
