//! A nation whose lists lie in folders, as a desk has them.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test stops where its nation does not stand")]
#[path = "../../../core/verifier/tests/world/mod.rs"]
pub mod world;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sen_clinic::Error;
use sen_clinic::answer::Answer;
use sen_clinic::check::{Folders, check_files};
use test_key::TestKey;
use trust::cose::Draft;
use trust::status::{NationalDraft, Run};
use trust::time::Timestamp;
use world::{INDEX, NOW, World};

pub struct Nation {
    pub world: World,
    pub folder: PathBuf,
}

impl Nation {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sen-clinic-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join("trust")).unwrap();
        fs::create_dir_all(folder.join("status")).unwrap();
        let nation = Self { world: World::new(), folder };
        fs::write(
            nation.folder.join("trust/root.pub"),
            hex::encode(nation.world.root.public().uncompressed()),
        )
        .unwrap();
        nation.publish();
        nation
    }

    /// Writes both lists as they now are.
    pub fn publish(&self) {
        self.publish_signed_by(&self.world.root);
        let statuses = self.world.statuses.draft(b"s1").unwrap();
        let token = statuses.assemble(&self.world.signer.sign(&statuses.to_be_signed()));
        fs::write(self.folder.join("status/7.cwt"), token).unwrap();
    }

    pub fn publish_signed_by(&self, root: &TestKey) {
        let list = self.world.list.draft(b"root").unwrap();
        let token = list.assemble(&root.sign(&list.to_be_signed()));
        fs::write(self.folder.join("trust/trust-list.cwt"), token).unwrap();
    }

    pub fn check(&self, content: &[u8], now: Timestamp) -> Result<Answer, Error> {
        let (trust, status) = (self.folder.join("trust"), self.folder.join("status"));
        check_files(content, &Folders { trust: &trust, status: Some(&status), seen: None, desk: "" }, now)
    }

    pub fn check_remembering(&self, content: &[u8], now: Timestamp) -> Result<Answer, Error> {
        self.check_at("", content, now)
    }

    /// Likewise at one of several counters that share the file.
    pub fn check_at(&self, desk: &str, content: &[u8], now: Timestamp) -> Result<Answer, Error> {
        let (trust, status, seen) =
            (self.folder.join("trust"), self.folder.join("status"), self.folder.join("seen.db"));
        check_files(content, &Folders { trust: &trust, status: Some(&status), seen: Some(&seen), desk }, now)
    }

    /// A fresh code.
    pub fn code(&self) -> Vec<u8> {
        self.world.text().into_bytes()
    }

    pub fn publish_status(&self, name: &str, draft: &Draft) {
        let token = draft.assemble(&self.world.signer.sign(&draft.to_be_signed()));
        fs::write(self.folder.join("status").join(name), token).unwrap();
    }
}

impl Drop for Nation {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The nation's status on a day; the holder's credential is revoked from the third day on.
pub fn national(day: u64) -> NationalDraft {
    let run = Run { prefix: "s:".into(), first: 0, count: 10, entries: 1000 };
    let issued = NOW.minus_seconds(200 - i64::try_from(day).unwrap());
    let mut draft = NationalDraft::new(day, issued, NOW.plus_seconds(86_400), 2, vec![run]).unwrap();
    assert!(draft.set("s:7", INDEX, u8::from(day >= 3)));
    assert!(draft.set("s:3", day, 1));
    draft
}
