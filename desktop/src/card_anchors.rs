//! Whom to believe for cards: country signing certificates, master lists, and what these countries revoked.
use std::path::{Path, PathBuf};

use card::CscaAnchors;
use card::passive::anchors::RevocationListError;

use crate::home;
use crate::output::Failure;

/// Certificates, master lists, revocation lists and folders of them.
pub(crate) fn anchors(paths: &[PathBuf]) -> Result<CscaAnchors, Failure> {
    let mut anchors = CscaAnchors::new();
    let mut sources = Vec::new();
    for path in paths {
        let files = if path.is_dir() { entries(path)? } else { vec![path.clone()] };
        for file in files {
            let bytes = home::read_file(&file)?;
            let certificates = CscaAnchors::from_bytes(&bytes);
            let used = certificates.is_ok();
            anchors.extend(certificates.unwrap_or_default());
            sources.push(Source { path, file, bytes, used });
        }
    }
    // Now that all countries are known: a list counts only when one of them signed it. One that cannot be taken is never
    // passed over, since it may revoke the very signer in question.
    for one in &mut sources {
        match anchors.revoke_by(&one.bytes) {
            Ok(()) => one.used = true,
            Err(RevocationListError::NotSigned) => {
                return Err(Failure::input(
                    "crl_not_signed",
                    format!("{}: none of the given CSCA signed this revocation list", one.file.display()),
                ));
            }
            Err(RevocationListError::Malformed(_)) if one.names_a_list() => {
                return Err(Failure::input(
                    "crl_malformed",
                    format!("{} is no whole revocation list", one.file.display()),
                ));
            }
            Err(RevocationListError::Malformed(_)) => {}
        }
    }
    for path in paths {
        let mut of_path = sources.iter().filter(|one| one.path == path);
        // A folder may hold a read-me beside its certificates.
        let fine = if path.is_dir() { of_path.any(|one| one.used) } else { of_path.all(|one| one.used) };
        if !fine {
            return Err(Failure::input(
                "no_csca",
                format!("{} holds no CSCA certificate, master list or revocation list", path.display()),
            ));
        }
    }
    Ok(anchors)
}

/// A file, and whether it was of use.
struct Source<'a> {
    path: &'a Path,
    file: PathBuf,
    bytes: Vec<u8>,
    used: bool,
}

impl Source<'_> {
    /// By its name or its PEM label it is to be a revocation list. Other bytes of a folder may be anything.
    fn names_a_list(&self) -> bool {
        let label = b"BEGIN X509 CRL";
        self.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("crl"))
            || self.bytes.windows(label.len()).any(|part| part == label)
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed =
        |error| Failure::input("file_unreadable", format!("cannot read {}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
