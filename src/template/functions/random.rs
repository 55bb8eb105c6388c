//! What is new each time.

use minijinja::{Error, Value};
use rand::RngExt as _;
use uuid::Uuid;

use super::args::Args;

/// The most characters that `random_string` gives.
const MOST: i64 = 1 << 20;

pub(super) fn uuid(args: &Args<'_>) -> Result<Value, Error> {
    let version = args.value(0).map_or(Ok(4), |_| args.integer(0))?;
    match version {
        4 => Ok(Uuid::new_v4().to_string().into()),
        7 => Ok(Uuid::now_v7().to_string().into()),
        _ => Err(args.wrong(format!("its `version` must be 4 or 7, but this is {version}"))),
    }
}

pub(super) fn int(args: &Args<'_>) -> Result<Value, Error> {
    let (low, high) = (args.integer(0)?, args.integer(1)?);
    if low > high {
        return Err(
            args.wrong(format!("{low} is more than {high}; the smaller number comes first"))
        );
    }
    Ok(rand::rng().random_range(low..=high).into())
}

pub(super) fn string(args: &Args<'_>) -> Result<Value, Error> {
    let length = args.integer(0)?;
    if !(0..=MOST).contains(&length) {
        return Err(
            args.wrong(format!("its `length` must be from 0 to {MOST}, but this is {length}"))
        );
    }
    let mut rng = rand::rng();
    let text: String =
        (0..length).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect();
    Ok(text.into())
}
