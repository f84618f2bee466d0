//! The desk's page, embedded: plain files from `clinic/page/`, no bundler between what is read and what runs.

/// One file of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its name below `/assets/`.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// `GET /`.
pub const INDEX: Asset = Asset {
    name: "index.html",
    media_type: "text/html; charset=utf-8",
    bytes: include_bytes!("../page/index.html"),
};

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! assets {
    ($($name:literal $media_type:expr;)*) => {
        /// Everything below `/assets/`. `sw.js` rules the whole page, so it is served with `Service-Worker-Allowed: /`.
        pub const ASSETS: &[Asset] = &[$(Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../page/", $name)),
        }),*];
    };
}

assets! {
    "style.css" "text/css; charset=utf-8";
    "icon.svg" "image/svg+xml";
    "manifest.webmanifest" "application/manifest+json";
    "app.js" SCRIPT;
    "now.js" SCRIPT;
    "server.js" SCRIPT;
    "session.js" SCRIPT;
    "words.js" SCRIPT;
    "reasons.js" SCRIPT;
    "scan.js" SCRIPT;
    "api.js" SCRIPT;
    "shapes.js" SCRIPT;
    "dom.js" SCRIPT;
    "banners.js" SCRIPT;
    "twoway.js" SCRIPT;
    "serial.js" SCRIPT;
    "verdict.js" SCRIPT;
    "store.js" SCRIPT;
    "offline.js" SCRIPT;
    "camera.js" SCRIPT;
    "capture.js" SCRIPT;
    "lists.js" SCRIPT;
    "loop.js" SCRIPT;
    "sound.js" SCRIPT;
    "sw.js" SCRIPT;
}

/// The file of this name below `/assets/`.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page")
    }

    #[test]
    fn every_file_of_the_page_is_embedded() {
        let mut on_disk: Vec<_> = std::fs::read_dir(page())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut embedded: Vec<_> = ASSETS.iter().chain([&INDEX]).map(|asset| asset.name.to_owned()).collect();
        on_disk.sort();
        embedded.sort();
        assert_eq!(on_disk, embedded);
    }

    #[test]
    fn the_service_worker_keeps_every_file_of_the_page() {
        let worker = std::str::from_utf8(asset("sw.js").unwrap().bytes).unwrap();
        for asset in ASSETS.iter().filter(|asset| asset.name != "sw.js") {
            assert!(worker.contains(&format!("\"{}\"", asset.name)), "{} is not kept", asset.name);
        }
    }

    #[test]
    fn an_asset_is_found_by_its_name_alone() {
        assert_eq!(asset("app.js").unwrap().media_type, SCRIPT);
        assert!(asset("../src/page.rs").is_none() && asset("index.html").is_none());
    }

    #[test]
    fn nothing_on_the_page_comes_from_elsewhere() {
        for asset in ASSETS.iter().chain([&INDEX]) {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            let elsewhere = text.matches("://").count() - text.matches("http://www.w3.org/").count();
            assert_eq!(elsewhere, 0, "{} names an address", asset.name);
        }
    }
}
