//! Writes outputs into a Markdown file.

use super::document::{ParseError, Walkthrough, parse};

/// `text` with `outputs` in place of those that the walk-through at `position` shows.
///
/// # Errors
/// The text is refused, or an output cannot be shown in a console block: its last line does not end with a line break, or
/// one of its lines looks like a command or the block's end.
pub fn rewritten(text: &str, position: usize, outputs: &[String]) -> Result<String, String> {
    let walkthrough = at(parse(text), position)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // From the last one, so that the line numbers of those before it stay true.
    for (step, output) in walkthrough.steps.iter().zip(outputs).rev() {
        let indent = " ".repeat(step.indent);
        let shown = output.lines().map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") });
        lines.splice(step.output_lines.clone(), shown);
    }
    let text = lines.join("\n") + "\n";
    let again = at(parse(&text), position)?;
    let different = again.steps.iter().zip(outputs).find(|(step, output)| step.expected != **output);
    match different {
        None if again.steps.len() == outputs.len() => Ok(text),
        None => Err("an output has a line that looks like a command".to_owned()),
        Some((step, _)) => Err(format!(
            "line {}: a console block cannot show this command's output. It must end with a line break (add \"; echo\" to \
             the command), and no line may look like a command or the block's end",
            step.line
        )),
    }
}

fn at(walkthroughs: Result<Vec<Walkthrough>, ParseError>, position: usize) -> Result<Walkthrough, String> {
    let walkthroughs = walkthroughs.map_err(|error| error.to_string())?;
    walkthroughs.into_iter().nth(position).ok_or_else(|| "the walk-through is gone".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# A\n\n```console\n$ a=1\n$ b\nold\nold\n```\n\n- In a list:\n\n  ```console\n  $ c\n  $ d\n  x\n  ```\n";

    fn outputs(outputs: [&str; 4]) -> Vec<String> {
        outputs.map(str::to_owned).to_vec()
    }

    #[test]
    fn only_outputs_change() {
        let text = rewritten(TEXT, 0, &outputs(["", "new\n", "1\n\n2\n", "x\n"])).unwrap();
        let expected = "# A\n\n```console\n$ a=1\n$ b\nnew\n```\n\n- In a list:\n\n  ```console\n  $ c\n  1\n\n  2\n  $ d\n  x\n  ```\n";
        assert_eq!(text, expected);
        assert_eq!(rewritten(TEXT, 0, &outputs(["", "old\nold\n", "", "x\n"])).unwrap(), TEXT);
    }

    #[test]
    fn an_output_that_a_block_cannot_show_is_refused() {
        let error = rewritten(TEXT, 0, &outputs(["", "no line break", "", "x\n"])).unwrap_err();
        assert!(error.starts_with("line 5: "), "{error}");
        rewritten(TEXT, 0, &outputs(["", "$ like a command\n", "", "x\n"])).unwrap_err();
        rewritten(TEXT, 0, &outputs(["", "```\n", "", "x\n"])).unwrap_err();
    }
}
