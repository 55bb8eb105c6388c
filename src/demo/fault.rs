//! Misbehaves on request: any status, delays, failures that pass, work that takes a while.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::call::{Call, parse_number};
use super::respond::{self, Problem, Reply, empty, with_status};

/// How often a job is asked for before it is done.
const JOB_STEPS: u64 = 3;

/// `ANY /status/{code}`
pub(super) fn status(call: &Call<'_>) -> Result<Reply, Problem> {
    // 1xx announces an answer and cannot be one.
    let code = call.number("code", 200..=999)?;
    let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or(Problem::bad_request("This is not a status code."))?;
    let has_content = !matches!(code, 204 | 205 | 304);
    Ok(if has_content {
        let told = json!({ "status": code, "reason": status.canonical_reason() });
        with_status(status, respond::json(&told))
    } else {
        empty(status)
    })
}

/// `GET /delay/{ms}`
pub(super) fn delay(call: &Call<'_>) -> Result<(Duration, Reply), Problem> {
    let ms = call.number("ms", 0..=30_000)?;
    Ok((Duration::from_millis(ms), respond::json(&json!({ "delay_ms": ms }))))
}

/// `GET /flaky/{key}`
pub(super) fn flaky(call: &Call<'_>) -> Result<Reply, Problem> {
    let fails = match call.query_value("fails") {
        None => 2,
        Some(text) => parse_number(&text, &(0..=1_000))
            .ok_or(Problem::bad_request("`fails` must be an integer from 0 to 1000."))?,
    };
    let attempts = call.state.flaky.count(&call.text("key"))?;
    if attempts > fails {
        return Ok(respond::json(&json!({ "attempts": attempts })));
    }
    let detail = format!("Attempt {attempts} fails, as do the first {fails}.");
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        .with_header(RETRY_AFTER, HeaderValue::from_static("0")))
}

/// `GET /jobs/{key}`
pub(super) fn job(call: &Call<'_>) -> Result<Reply, Problem> {
    let key = call.text("key");
    let polls = call.state.jobs.count(&key)?;
    let step = polls.min(JOB_STEPS);
    let done = step == JOB_STEPS;
    Ok(respond::json(&json!({
        "key": key,
        "status": if done { "done" } else { "pending" },
        "progress": if done { 100 } else { step * 100 / JOB_STEPS },
        "result": if done { Some("/files/report.csv") } else { None },
    })))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::testing::demo;
    use super::*;

    #[tokio::test]
    async fn any_final_status_is_answered() {
        let (_demo, mut client) = demo().await;
        let teapot = client.send("POST", "/status/418", &[], b"tea").await;
        assert_eq!(teapot.status, 418);
        assert_eq!(teapot.json(), json!({ "status": 418, "reason": "I'm a teapot" }));
        assert_eq!(client.get("/status/799").await.json()["reason"], json!(null));
        for code in [204, 205, 304] {
            let answer = client.get(&format!("/status/{code}")).await;
            assert_eq!((answer.status, answer.body.len()), (code, 0));
        }
        for bad in ["100", "199", "1000", "ok", "-200"] {
            assert_eq!(client.get(&format!("/status/{bad}")).await.status, 400, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_delay_is_waited_for() {
        let (_demo, mut client) = demo().await;
        let start = Instant::now();
        assert_eq!(client.get("/delay/30").await.json(), json!({ "delay_ms": 30 }));
        assert!(start.elapsed() >= Duration::from_millis(30));
        assert_eq!(client.get("/delay/30001").await.status, 400);
    }

    #[tokio::test]
    async fn a_flaky_key_fails_first_and_then_never() {
        let (_demo, mut client) = demo().await;
        for status in [503, 503, 200, 200] {
            assert_eq!(client.get("/flaky/a").await.status, status);
        }
        assert_eq!(client.get("/flaky/b?fails=1").await.header("retry-after"), "0");
        assert_eq!(client.get("/flaky/b?fails=1").await.json(), json!({ "attempts": 2 }));
        assert_eq!(client.get("/flaky/c?fails=x").await.status, 400);
    }

    #[tokio::test]
    async fn a_job_is_pending_twice_and_then_done() {
        let (_demo, mut client) = demo().await;
        let mut seen = Vec::new();
        for _ in 0..4 {
            let job = client.get("/jobs/7").await.json();
            seen.push((job["status"].as_str().unwrap().to_owned(), job["progress"].clone()));
        }
        let (pending, done) = ("pending".to_owned(), ("done".to_owned(), json!(100)));
        assert_eq!(seen, [(pending.clone(), json!(33)), (pending, json!(66)), done.clone(), done]);
    }
}
