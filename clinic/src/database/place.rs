//! Where a desk's data lie.
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use postgres::Config;
use postgres::config::Host;

/// Where a desk's data lie.
#[derive(Clone)]
pub enum Place {
    /// A SQLite file, made when absent.
    File(PathBuf),
    /// A PostgreSQL database that several desks share.
    Postgres(Box<Config>),
}

/// An address of a database that will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// It is no `postgres://` address.
    #[error("the database's address is not of the form postgres://USER:PASSWORD@127.0.0.1:5432/NAME")]
    Malformed,
    /// It lies on another machine. The connection is not encrypted, so a tunnel must be.
    #[error(
        "the database must be on this machine: put a tunnel or a socket there, the connection is not encrypted"
    )]
    Elsewhere,
}

impl Place {
    /// From an address; its password goes nowhere else.
    pub fn parse(address: &str) -> Result<Self, PlaceError> {
        if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
            return Err(PlaceError::Malformed);
        }
        let config = Config::from_str(address).map_err(|_| PlaceError::Malformed)?;
        let named = config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => {
                name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        });
        let numbered = config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(PlaceError::Malformed);
        }
        if named && numbered { Ok(Self::Postgres(Box::new(config))) } else { Err(PlaceError::Elsewhere) }
    }
}

/// Says which kind it is: an address may hold a password.
impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::File(_) => "File",
            Self::Postgres(_) => "Postgres",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(address: &str) -> Option<PlaceError> {
        Place::parse(address).err()
    }

    #[test]
    fn only_a_database_on_this_machine_is_spoken_to_in_the_clear() {
        assert_eq!(refusal("postgres://desk:secret@127.0.0.1:5432/desk"), None);
        assert_eq!(refusal("postgresql://desk@localhost/desk"), None);
        assert_eq!(refusal("postgres://desk@[::1]/desk"), None);
        assert_eq!(refusal("postgres://desk@192.0.2.7/desk"), Some(PlaceError::Elsewhere));
        assert_eq!(refusal("postgres://desk@127.0.0.1,192.0.2.7/desk"), Some(PlaceError::Elsewhere));
        assert_eq!(refusal("postgres://desk@localhost/desk?hostaddr=192.0.2.7"), Some(PlaceError::Elsewhere));
    }

    #[test]
    fn what_is_no_address_of_postgresql_is_refused() {
        for address in
            ["mysql://127.0.0.1/desk", "/var/desk.sqlite", "postgres://", "postgres://127.0.0.1:port/x"]
        {
            assert_eq!(refusal(address), Some(PlaceError::Malformed), "{address}");
        }
    }

    #[test]
    fn an_address_never_shows_its_password() {
        let place = Place::parse("postgres://desk:secret@127.0.0.1/desk").unwrap();
        assert_eq!(format!("{place:?}"), "Postgres");
    }
}
