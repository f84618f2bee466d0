//! The portal's two calls, as they stand on the wire.
use http_client::{Error, Request};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use trust::secret::Secret;
use trust::time::Timestamp;

use super::{Lookup, Question, SecretsIn};

const TOKEN: &str = "/api/token/take";
const LOOK_UP: &str = "/api/egw/KQNhanLichSuKCB2024";
/// Where the portal does not say how long its tokens are good for, in seconds; and the longest that is believed.
const USUAL_LIFE: i64 = 600;
const LONGEST_LIFE: i64 = 12 * 3600;
/// Tokens are renewed so many seconds early.
const MARGIN: i64 = 60;

/// What the portal gave for the account.
pub(super) struct Tokens {
    access: Secret<String>,
    id: Secret<String>,
    pub(super) renew_at: Timestamp,
}

/// Why there is no answer about a card.
pub(super) enum Failure {
    /// Account, tokens or clerk are not let in; with the portal's code where it gave one.
    Refused(Option<String>),
    /// The portal is there and failed; with its code where it gave one.
    Failed(Option<String>),
    /// No answer came.
    NoAnswer,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Status(refusal) if [401, 403].contains(&refusal.status) => Self::Refused(None),
            Error::Status(_) | Error::Malformed(_) | Error::TooLarge { .. } => Self::Failed(None),
            _ => Self::NoAnswer,
        }
    }
}

#[derive(Deserialize)]
struct TokenReply {
    #[serde(rename = "maKetQua", default, deserialize_with = "text")]
    code: Option<String>,
    #[serde(rename = "APIKey")]
    key: Option<Key>,
}

#[derive(Deserialize)]
struct Key {
    access_token: String,
    #[serde(default)]
    id_token: String,
    #[serde(default)]
    expires_in: Value,
}

/// What the portal says of a card; what else it sends, such as the history of treatment, is left behind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    #[serde(rename = "maKetQua", default, deserialize_with = "text")]
    pub(super) code: Option<String>,
    #[serde(rename = "maThe", default, deserialize_with = "text")]
    pub(super) number: Option<String>,
    #[serde(rename = "gtTheTu", default, deserialize_with = "text")]
    pub(super) valid_from: Option<String>,
    #[serde(rename = "gtTheDen", default, deserialize_with = "text")]
    pub(super) valid_to: Option<String>,
    #[serde(rename = "maDKBD", default, deserialize_with = "text")]
    pub(super) facility: Option<String>,
    #[serde(rename = "maKV", default, deserialize_with = "text")]
    pub(super) area: Option<String>,
    #[serde(rename = "ngayDu5Nam", default, deserialize_with = "text")]
    pub(super) five_years_from: Option<String>,
    #[serde(rename = "maSoBHXH", default, deserialize_with = "text")]
    pub(super) social_number: Option<String>,
    #[serde(rename = "maTheMoi", default, deserialize_with = "text")]
    pub(super) new_number: Option<String>,
    #[serde(rename = "gtTheTuMoi", default, deserialize_with = "text")]
    pub(super) new_valid_from: Option<String>,
    #[serde(rename = "gtTheDenMoi", default, deserialize_with = "text")]
    pub(super) new_valid_to: Option<String>,
    #[serde(rename = "maDKBDMoi", default, deserialize_with = "text")]
    pub(super) new_facility: Option<String>,
}

/// A text, also where it is written as a number; an empty one is none.
fn text<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(reader)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

impl Lookup {
    /// New tokens. Asking twice does no more than asking once, so that the client may repeat it.
    pub(super) async fn take_tokens(&self, now: Timestamp) -> Result<Tokens, Failure> {
        let body = json!({"username": self.account.user, "password": self.account.password_md5.expose()});
        let request = Request::post_json(&format!("{}{TOKEN}", self.address), &body)?.idempotent();
        let reply: TokenReply = self.client.fetch(request).await?.json()?;
        let Some(key) = reply.key else {
            return Err(match reply.code.as_deref() {
                Some("200") | None => Failure::Failed(None),
                Some(code) if code.starts_with('5') => Failure::Failed(reply.code),
                Some(_) => Failure::Refused(reply.code),
            });
        };
        let life = life(&key.expires_in, now).clamp(0, LONGEST_LIFE);
        Ok(Tokens {
            access: Secret::new(key.access_token),
            id: Secret::new(key.id_token),
            renew_at: now.plus_seconds(life.saturating_sub(MARGIN)),
        })
    }

    /// One look-up with these tokens.
    pub(super) async fn look_up(&self, question: &Question, tokens: &Tokens) -> Result<Reply, Failure> {
        let account = &self.account;
        let mut body = json!({
            "maThe": question.number, "hoTen": question.name, "ngaySinh": question.born,
            "hoTenCb": account.staff_name, "cccdCb": account.staff_number,
        });
        let mut address = format!("{}{LOOK_UP}", self.address);
        let secrets = [
            ("token", tokens.access.expose()),
            ("id_token", tokens.id.expose()),
            ("username", &account.user),
            ("password", account.password_md5.expose()),
        ];
        match self.secrets_in {
            SecretsIn::Address => {
                address.push('?');
                let start = address.len();
                address = url::form_urlencoded::Serializer::for_suffix(address, start)
                    .extend_pairs(secrets)
                    .finish();
            }
            SecretsIn::Body => {
                let secrets = secrets.map(|(name, value)| (name.to_owned(), Value::from(value.as_str())));
                if let Some(members) = body.as_object_mut() {
                    members.extend(secrets);
                }
            }
        }
        let request = Request::post_json(&address, &body)?.idempotent();
        let reply: Reply = self.client.fetch(request).await?.json()?;
        match reply.code.as_deref() {
            Some("401") => Err(Failure::Refused(reply.code)),
            None => Err(Failure::Failed(None)),
            Some(_) => Ok(reply),
        }
    }
}

/// Seconds, or an instant; anything else is not believed.
fn life(expires: &Value, now: Timestamp) -> i64 {
    let seconds = expires.as_i64().or_else(|| expires.as_str()?.parse().ok());
    let instant = || Some(expires.as_str()?.parse::<jiff::Timestamp>().ok()?.as_second() - now.as_unix());
    seconds.or_else(instant).unwrap_or(USUAL_LIFE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_long_a_token_is_good_for() {
        let now = Timestamp::from_unix(1_748_736_000);
        for (expires, seconds) in [
            (json!(3600), 3600),
            (json!("1800"), 1800),
            (json!("2025-06-01T00:20:00Z"), 1200),
            (json!("2025-06-01T07:20:00+07:00"), 1200),
            (json!("tomorrow"), USUAL_LIFE),
            (Value::Null, USUAL_LIFE),
        ] {
            assert_eq!(life(&expires, now), seconds, "{expires}");
        }
    }

    #[test]
    fn reads_texts_numbers_and_nulls() {
        let reply: Reply = serde_json::from_str(
            r#"{"maKetQua": 0, "maThe": " DN4 ", "maKV": "", "maDKBD": null, "dsLichSuKCB2018": [{}]}"#,
        )
        .unwrap();
        assert_eq!((reply.code.as_deref(), reply.number.as_deref()), (Some("0"), Some("DN4")));
        assert_eq!((reply.area, reply.facility, reply.valid_to), (None, None, None));
    }
}
