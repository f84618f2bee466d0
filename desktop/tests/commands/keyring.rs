//! The secrets of a wallet in a real Secret Service. `tests/run keyring` starts one for this alone.
use crate::sen::Home;
use crate::sen::nation::{insure, start};

#[test]
#[ignore = "needs a session of its own with a keyring: tests/run keyring"]
fn a_wallet_s_secrets_lie_in_the_keyring_and_nowhere_else() {
    assert!(std::env::var_os("SEN_KEYRING").is_some(), "this would write into your own keyring");
    let mut home = Home::new();
    let (_sandbox, nation) = start(&home);
    home.in_session(true);
    insure(&home, &nation);
    let files = || {
        let names = std::fs::read_dir(home.path("home")).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
    };
    let has_secret_file = |files: &[String]| files.iter().any(|name| name.contains("secret"));
    assert!(files().contains(&"wallet.db".to_owned()) && !has_secret_file(&files()), "{:?}", files());
    assert_eq!(home.run(&["present", "qr", "--once", "--json"]).status, 0);
    assert_eq!(home.run(&["account", "show", "--json"]).exits(0)["level"], 2);

    // Another wallet of the same person has secrets of its own.
    let mut other = Home::new();
    other.in_session(true);
    assert_eq!(
        other.run(&["credential", "list", "--json"]).exits(0)["credentials"].as_array().unwrap().len(),
        0
    );

    // A copy of the folder is worth nothing, and the wallet without its keyring makes no new secret over the old one.
    home.in_session(false);
    let without = home.run(&["credential", "list", "--json"]);
    without.fails(1, "store.secret_lost");
    let names = std::fs::read_dir(home.path("home")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!has_secret_file(&names.map(|name| name.into_string().unwrap()).collect::<Vec<_>>()));
    home.in_session(true);
    assert_eq!(
        home.run(&["credential", "list", "--json"]).exits(0)["credentials"].as_array().unwrap().len(),
        1
    );
}
