//! `demo` with a page of its own, on free ports.

use std::fs;
use std::path::PathBuf;

use uuid::Uuid;

use crate::program::{Ended, run, run_with};

const PAGE: &str = "\
# Page

## Calls

Without credentials a call is refused:

```console
$ api=http://127.0.0.1:9000/api/interworks
$ status() { curl -s -o /dev/null -w '%{http_code}\\n' \"$@\"; }
$ status $api/fields/get
401
```

1. The sandbox says where it is:

   ```console
   $ echo http://127.0.0.1:9001 \\
   > is it
   http://127.0.0.1:9001 is it
   $ status http://127.0.0.1:9001/_sandbox/state
   200
   ```

```console dropbox
$ curl -s http://127.0.0.1:9003/_sandbox/state | grep -o '\"teams\".*'
\"teams\":[]}
```
";

struct Page(PathBuf);

impl Page {
    fn new(text: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.md", Uuid::new_v4()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap()
    }

    fn demo(&self, options: &[&str]) -> Ended {
        run(&[&["demo", self.path(), "--port", "0"], options].concat())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn outputs_that_are_as_printed_pass_each_topic_on_a_stack_of_its_own() {
    let page = Page::new(PAGE);
    let Ended { status, output, errors } = page.demo(&["--check"]);
    let path = page.path();
    let expected = format!("{path} (dropsuite): 3 passed, 0 failed\n{path} (dropbox): 1 passed, 0 failed\n");
    assert_eq!((status, output, errors.as_str()), (0, expected, ""));
}

#[test]
fn the_first_difference_is_printed_and_fails() {
    let page = Page::new(&PAGE.replace("   200\n", "   201\n"));
    let Ended { status, output, .. } = page.demo(&["--check"]);
    let path = page.path();
    let expected = format!(
        "--- {path}:20, as printed\n+++ the output now\n@@ -1 +1 @@\n-201\n+200\n\
         {path}:20: status http://127.0.0.1:9001/_sandbox/state\n{path} (dropsuite): 2 passed, 1 failed\n"
    );
    assert_eq!((status, output), (1, expected));
}

#[test]
fn update_writes_the_outputs_and_nothing_else() {
    let outdated = PAGE.replace("401\n", "old\nold\n").replace("   200\n", "").replace("[]}", "none");
    let page = Page::new(&outdated);
    let Ended { status, output, errors } = page.demo(&["--update"]);
    assert_eq!((status, errors.as_str()), (0, ""), "{output}");
    assert_eq!(page.text(), PAGE);
}

#[test]
fn a_presentation_shows_headings_text_commands_and_outputs() {
    let page = Page::new(PAGE);
    for (options, input) in [(vec![], ""), (vec!["--step"], "\n\n")] {
        let arguments = [vec!["demo", page.path(), "--port", "0"], options].concat();
        let Ended { status, output, errors } = run_with(&arguments, &[], input);
        assert_eq!((status, errors.as_str()), (0, ""), "{output}");
        let shown = [
            "Walk-through dropsuite: 5 commands on a new stack",
            "\n=== Calls ===\n\nWithout credentials a call is refused:\n\n$ api=http://127.0.0.1:",
            "\n$ status $api/fields/get\n401\n",
            "\n> is it\n",
            "Walk-through dropbox: 1 commands",
        ];
        let mut rest = output.as_str();
        for part in shown {
            (_, rest) = rest.split_once(part).unwrap_or_else(|| panic!("{part}: {output}"));
        }
        assert_eq!(output.matches("=== Calls ===").count(), 2, "{output}");
    }
}

#[test]
fn a_page_that_cannot_be_run_is_refused() {
    for (text, reason) in [
        ("# No blocks\n", "no console block shows an output"),
        ("```console\n$ a=1\n```\n", "no console block shows an output"),
        ("```console box\n$ a\n1\n```\n", "line 1: the console block is for none of"),
        ("```console\n$ exit 0\n1\n```\n", "the command ended the shell"),
    ] {
        let page = Page::new(text);
        let Ended { status, errors, .. } = page.demo(&["--check"]);
        assert_eq!(status, 1, "{text}");
        assert!(errors.starts_with(&format!("error: {}:", page.path())) && errors.contains(reason), "{text}: {errors}");
    }
}
