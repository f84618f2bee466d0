//! A lost phone: the revocation code, 18 digits that the citizen wrote down, ends it from any computer (security.md 8).
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::{ConnectInfo, State};
use axum::response::{Html, IntoResponse};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use serde_json::json;

use super::account::change_account;
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::values;
use super::mailbox::tell;
use super::message::Message;
use super::pages::{escape, page};
use super::standing::Event;
use super::{Nation, Shared, device};

const TITLE: &str = "Mất điện thoại / lost phone";
const DIGITS: usize = 18;
/// Wrong codes from one address within [`WINDOW`].
const MOST_WRONG: usize = 5;
const WINDOW: i64 = 600;

/// Wrong codes of late, by the address that sent them.
#[derive(Default)]
pub(super) struct WrongCodes(Mutex<HashMap<IpAddr, Vec<i64>>>);

impl WrongCodes {
    /// Refuses an address that tried too often; else counts a try, which [`WrongCodes::forgive`] takes back.
    fn count(&self, address: IpAddr, now: i64) -> Result<(), Refusal> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, tries| {
            tries.retain(|at| now - at < WINDOW);
            !tries.is_empty()
        });
        let tries = all.entry(address).or_default();
        if tries.len() >= MOST_WRONG {
            let wait = tries.first().map_or(WINDOW, |first| first + WINDOW - now);
            return Err(Refusal::wait("too_many_attempts", "too many wrong codes: wait", wait));
        }
        tries.push(now);
        Ok(())
    }

    fn forgive(&self, address: IpAddr) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&address);
    }
}

/// Makes a new code in place of the old one, and shows it once.
pub(super) async fn new_code(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["revocation_code"])?.account(&nation)?.active()?;
    let code = generate()?;
    nation.database.change(|change| {
        change.execute("DELETE FROM revocation_code WHERE account = $1", values![account.id])?;
        let put = "INSERT INTO revocation_code VALUES ($1, $2)";
        change.execute(put, values![account.id, hash(&nation, &code)])
    })?;
    let spaced: Vec<&str> = [code.get(..6), code.get(6..12), code.get(12..)].into_iter().flatten().collect();
    Ok(fresh(json!({"code": spaced.join(" "), "use_at": format!("{}/revoke", nation.url)})))
}

/// The page for whoever lost the phone.
pub(super) async fn form() -> Html<String> {
    page(
        TITLE,
        "<p>Nhập mã thu hồi gồm 18 chữ số. Điện thoại cũ mất quyền dùng tài khoản ngay lập tức.<br>\
         Enter the revocation code of 18 digits. The lost phone can no longer use the account, at once.</p>\
         <form method=\"post\" action=\"/revoke\"><input name=\"code\" inputmode=\"numeric\" autocomplete=\"off\" size=\"24\" \
         aria-label=\"code\" autofocus> <button>Thu hồi / revoke</button></form>",
    )
}

#[derive(Deserialize)]
struct Typed {
    code: String,
}

/// Takes the lost phone out of use. The code serves once. Who types it on the page is told on a page, a refusal too.
pub(super) async fn revoke(
    State(nation): State<Shared>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    body: Body,
) -> Answer {
    if !body.is_form() {
        end(&nation, address.ip(), &body.json("invalid_request")?)?;
        return Ok(fresh(json!({"revoked": true})));
    }
    let ended = body.form().and_then(|typed| end(&nation, address.ip(), &typed));
    let Err(refusal) = ended else {
        let done = "<p>Đã thu hồi. Khi có điện thoại mới, hãy đọc lại thẻ.<br>Done. With a new phone, read the card again.</p>";
        return Ok(page(TITLE, done).into_response());
    };
    let vietnamese = match refusal.code() {
        "wrong_code" => "Không có mã thu hồi này. Hãy kiểm tra lại 18 chữ số.",
        "too_many_attempts" => "Đã nhập sai quá nhiều lần. Hãy chờ mười phút.",
        "account_locked" | "account_not_active" => "Tài khoản này không thể thu hồi điện thoại lúc này.",
        "invalid_request" => "Trang này được mở sai cách.",
        _ => "Hệ thống có lỗi. Hãy thử lại sau.",
    };
    let told = format!(
        "<p role=\"alert\">{vietnamese}<br>{}. <a href=\"/revoke\">Thử lại / try again</a></p>",
        escape(refusal.description())
    );
    Ok(refusal.on(page(TITLE, &told).into_response()))
}

fn end(nation: &Nation, address: IpAddr, typed: &Typed) -> Result<(), Refusal> {
    let digits: String = typed.code.chars().filter(|character| !character.is_whitespace()).collect();
    let now = nation.now();
    nation.wrong_codes.count(address, now.as_unix())?;
    let find = "SELECT account FROM revocation_code WHERE hash = $1";
    let found = nation.database.read(|statements| statements.row(find, values![hash(nation, &digits)]))?;
    let wrong = Refusal::new("wrong_code", "there is no such revocation code");
    let id: String = found.ok_or(wrong)?.get(0)?;
    let (account, ()) = change_account(nation, &id, |change, account| {
        account.apply(change, Event::PhoneLost, now)?;
        device::retire(change, &account.id, "lost")?;
        for end in
            ["DELETE FROM revocation_code WHERE account = $1", "DELETE FROM pending WHERE account = $1"]
        {
            change.execute(end, values![account.id])?;
        }
        Ok(tell(change, &account.person, "Đã thu hồi điện thoại / the phone was revoked.", now)?)
    })?;
    nation.wrong_codes.forgive(address);
    nation.journal.note(now, &account.id, Event::PhoneLost.name());
    Ok(())
}

/// Eighteen digits, each code as likely as any other.
fn generate() -> Result<String, Refusal> {
    let mut code = String::with_capacity(DIGITS);
    let random = SystemRandom::new();
    while code.len() < DIGITS {
        let mut octet = [0];
        random.fill(&mut octet).map_err(|_| Refusal::broken())?;
        // 250 is the largest multiple of ten in an octet; what lies above would favour small digits.
        if let [value @ 0..250] = octet {
            code.push(char::from(b'0' + value % 10));
        }
    }
    Ok(code)
}

/// Keyed: eighteen digits alone could be tried out against a stolen database.
fn hash(nation: &Nation, code: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, nation.authority.codes.octets());
    hmac::sign(&key, code.as_bytes()).as_ref().to_vec()
}
