use super::*;

fn paths<const N: usize>(names: [&str; N]) -> BTreeSet<PathBuf> {
    names.into_iter().map(PathBuf::from).collect()
}

fn ended(name: Name, passed: bool) -> Ended {
    Ended { spec: "a.yaml".to_owned(), name, passed }
}

fn test(name: &str) -> Name {
    Name::Test(name.to_owned())
}

fn frame(name: &str) -> Name {
    Name::Frame(name.to_owned())
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Two specs of which both name a schema, and one a flow.
fn known() -> Known {
    let mut known =
        Known { snapshots: true, settings: paths(["/p/crosscheck.yaml"]), ..Known::default() };
    let spec = |name: &str| (name.to_owned(), paths([format!("/p/{name}").as_str()]));
    assert_eq!(known.found([spec("a.yaml"), spec("b.yaml")].into()), names([]));
    assert_eq!(*known.due(), names(["a.yaml", "b.yaml"]));
    known.names("a.yaml", paths(["/p/s.json", "/p/flow.yaml"]), paths([]));
    known.names("b.yaml", paths(["/p/s.json", "/p/out/got.json"]), paths(["/p/out"]));
    known.shows("a.yaml", PathBuf::from("/p/snapshots"), names(["a__one"]));
    known.done();
    known
}

fn touched(known: &Known, path: &str) -> BTreeSet<String> {
    known.touched(&paths([path])).specs
}

#[test]
fn a_file_touches_the_specs_that_name_it() {
    let known = known();
    assert_eq!(touched(&known, "/p/a.yaml"), names(["a.yaml"]));
    assert_eq!(touched(&known, "/p/flow.yaml"), names(["a.yaml"]));
    assert_eq!(touched(&known, "/p/s.json"), names(["a.yaml", "b.yaml"]));
    assert_eq!(touched(&known, "/p/other.json"), names([]));
    let both = known.touched(&paths(["/p/a.yaml", "/p/x", "/p/crosscheck.yaml"]));
    let by = paths(["/p/a.yaml", "/p/crosscheck.yaml"]);
    assert_eq!(both, Touched { settings: true, specs: names(["a.yaml"]), by });
}

#[test]
fn what_runs_write_touches_nothing() {
    let mut known = known();
    known.own = paths(["/p/report.yaml"]);
    for path in ["/p/report.yaml", "/p/out/got.json", "/p/snapshots/a__one.snap.new"] {
        assert_eq!(known.touched(&paths([path])), Touched::default(), "{path}");
    }
}

#[test]
fn a_snapshot_that_is_approved_touches_its_spec() {
    let mut known = known();
    for name in ["a__one.snap", "a__one--qty-1.snap", "a__one@staging.snap"] {
        assert_eq!(touched(&known, &format!("/p/snapshots/{name}")), names(["a.yaml"]), "{name}");
    }
    for name in ["snapshots/a__one-more.snap", "snapshots/b__one.snap", "other/a__one.snap"] {
        assert_eq!(touched(&known, &format!("/p/{name}")), names([]), "{name}");
    }
    known.snapshots = false;
    assert_eq!(touched(&known, "/p/snapshots/a__one.snap"), names([]));
}

#[test]
fn specs_come_and_go() {
    let mut known = known();
    known.ended(ended(test("t@demo"), false));
    let new = known.touched(&paths(["/p/c.yaml"]));
    assert_eq!((new.specs, new.by), (names([]), paths(["/p/c.yaml"])));
    let spec = |name: &str| (name.to_owned(), paths([format!("/p/{name}").as_str()]));
    assert_eq!(known.found([spec("b.yaml"), spec("c.yaml")].into()), names(["a.yaml"]));
    assert_eq!(*known.due(), names(["c.yaml"]));
    assert_eq!((known.count(), known.failures()), (2, 0));
    // What b names is still known.
    assert_eq!(touched(&known, "/p/s.json"), names(["b.yaml"]));
}

#[test]
fn what_failed_is_known_until_it_passes() {
    let mut known = known();
    for (name, passed) in [("x@t", false), ("y@t", false), ("z@t", true)] {
        known.ended(ended(test(name), passed));
    }
    known.touch(["b.yaml".to_owned()]);
    let only = Only { files: names(["b.yaml"]), ids: names(["a.yaml::x@t", "a.yaml::y@t"]) };
    assert_eq!(known.failed(), only);
    for name in ["x@t", "y@t"] {
        known.ended(ended(test(name), true));
    }
    assert_eq!((known.failures(), known.failing().count()), (0, 0));
    // Tests that a setup failed for were not run: all of the file is.
    known.done();
    known.ended(ended(frame("setup@t"), false));
    known.ended(ended(frame("teardown@t"), true));
    assert_eq!(known.failed().files, names(["a.yaml"]));
    known.forget("a.yaml");
    assert_eq!(known.failed(), Only::default());
}
