//! Files to download.

use std::io::Write;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::{Compression, Crc, write::ZlibEncoder};
use http::HeaderValue;
use http::header::CONTENT_DISPOSITION;

use super::call::Call;
use super::respond::{Problem, Reply, content};

const REPORT: &str = "\
month,widgets,revenue
2026-01,120,1498.80
2026-02,95,1186.05
2026-03,143,1785.57
";

const NOTES: &str = "\
Widgets are packed by hand.
Größe, Gewicht und Preis stehen im Katalog.
⚠ Skyhooks are sold out.
";

/// The logo's width and height.
const LOGO_SIZE: u8 = 16;

static LOGO: LazyLock<Bytes> = LazyLock::new(|| logo().into());

/// `GET /files/{name}`
pub(super) fn file(call: &Call<'_>) -> Result<Reply, Problem> {
    let name = call.text("name");
    let (mut reply, disposition) = match &*name {
        "report.csv" => {
            (content("text/csv; charset=utf-8", REPORT), "attachment; filename=\"report.csv\"")
        }
        "notes.txt" => {
            (content("text/plain; charset=utf-8", NOTES), "attachment; filename=\"notes.txt\"")
        }
        "logo.png" => (content("image/png", LOGO.clone()), "attachment; filename=\"logo.png\""),
        _ => return Err(Problem::not_found(format!("There is no file {name:?}."))),
    };
    reply.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(reply)
}

/// A PNG: a tick (two diagonals) in green on white, eight bits a colour.
fn logo() -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..LOGO_SIZE {
        pixels.push(0); // Each row says that it is not filtered.
        for x in 0..LOGO_SIZE {
            let on_tick = (x < 6 && y == x + 7) || (x >= 6 && y + x == 18);
            pixels.extend_from_slice(if on_tick { &[0, 128, 0] } else { &[255; 3] });
        }
    }
    // Stored, so that the bytes are the same whatever compressor is linked.
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::none());
    let packed = packed.write_all(&pixels).and_then(|()| packed.finish()).unwrap_or_default();

    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let size = [0, 0, 0, LOGO_SIZE];
    let truecolour = [8, 2, 0, 0, 0];
    chunk(&mut png, *b"IHDR", &[&size[..], &size, &truecolour].concat());
    chunk(&mut png, *b"IDAT", &packed);
    chunk(&mut png, *b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let mut checksum = Crc::new();
    checksum.update(&kind);
    checksum.update(data);
    png.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    png.extend(kind);
    png.extend(data);
    png.extend(checksum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::super::testing::demo;

    #[tokio::test]
    async fn files_come_with_their_name_and_type() {
        let (_demo, mut client) = demo().await;
        let report = client.get("/files/report.csv").await;
        assert_eq!(report.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(report.header("content-disposition"), "attachment; filename=\"report.csv\"");
        assert_eq!(report.text().lines().count(), 4);
        assert!(client.get("/files/notes.txt").await.text().contains("Größe"));
        assert_eq!(client.get("/files/..%2Fsecret").await.status, 404);
    }

    #[tokio::test]
    async fn the_logo_is_a_png() {
        let (_demo, mut client) = demo().await;
        let logo = client.get("/files/logo.png").await;
        assert_eq!(logo.header("content-type"), "image/png");
        assert!(logo.body.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10"));
        assert!(logo.body.ends_with(b"IEND\xae\x42\x60\x82"));
        let data = logo.body.windows(4).position(|kind| kind == b"IDAT").unwrap() + 4;
        let mut pixels = Vec::new();
        ZlibDecoder::new(&logo.body[data..]).read_to_end(&mut pixels).unwrap();
        assert_eq!(pixels.len(), 16 * (1 + 3 * 16));
    }
}
