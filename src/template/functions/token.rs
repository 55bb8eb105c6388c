//! JSON Web Tokens.

use minijinja::{Error, Value};
use serde_json::{Map, Value as Json};

use super::args::Args;
use crate::jwt::{self, Mistake, Signer};
use crate::template::convert;

pub(super) fn jwt(args: &Args<'_>) -> Result<Value, Error> {
    let claims = map(args, 0, "claims")?.unwrap_or_default();
    let secret = args.text(1)?;
    let algorithm = args.optional_text(2)?.unwrap_or("HS256");
    let header = map(args, 3, "header")?.unwrap_or_default();
    let wrong = |mistake: Mistake| {
        args.wrong(match mistake.help {
            Some(help) => format!("{}; {help}", mistake.message),
            None => mistake.message,
        })
    };
    let signer = Signer::new(algorithm, secret.as_bytes()).map_err(wrong)?;
    signer.sign(&header, &Json::Object(claims)).map(Value::from).map_err(wrong)
}

pub(super) fn jwt_decode(args: &Args<'_>) -> Result<Value, Error> {
    let (header, claims) = jwt::decode(args.text(0)?)
        .map_err(|why| args.wrong(format!("this is not a JSON Web Token: {why}")))?;
    let both = Map::from_iter([("header".to_owned(), header), ("claims".to_owned(), claims)]);
    Ok(convert::to_engine(&Json::Object(both)))
}

/// An argument that is a map, where it is given.
fn map(args: &Args<'_>, index: usize, name: &str) -> Result<Option<Map<String, Json>>, Error> {
    let value = args.value(index).filter(|value| !value.is_none());
    match value.map(convert::to_json) {
        None => Ok(None),
        Some(Ok(Json::Object(fields))) => Ok(Some(fields)),
        Some(Ok(_)) => Err(args.wrong(format!("its `{name}` must be a map"))),
        Some(Err(why)) => Err(args.wrong(format!("its `{name}` has no JSON form: {why}"))),
    }
}
