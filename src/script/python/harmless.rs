//! Whether a script can run nothing at all, told by its words: most that stand in workflows only
//! look into a report, and need no parsing. It errs on one side only.

/// Modules of which nothing runs anything, but for what has one of [`TELLING`] in its name.
const MODULES: [&str; 43] = [
    "argparse",
    "ast",
    "base64",
    "collections",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fnmatch",
    "functools",
    "glob",
    "hashlib",
    "html",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "operator",
    "os",
    "pathlib",
    "platform",
    "pprint",
    "random",
    "re",
    "statistics",
    "string",
    "struct",
    "sys",
    "tempfile",
    "textwrap",
    "time",
    "tomllib",
    "typing",
    "urllib",
    "uuid",
    "xml",
    "yaml",
];

/// Parts of the names by which commands are run, files removed or anything else is reached, and of
/// the lines by which the runner is told something.
const TELLING: [&str; 18] = [
    "system",
    "popen",
    "exec",
    "spawn",
    "startfile",
    "remove",
    "unlink",
    "rmdir",
    "kill",
    "eval",
    "compile",
    "getattr",
    "globals",
    "modules",
    "builtins",
    "__import__",
    "load_source",
    "::",
];

/// Whether a script imports harmless modules only and names nothing that tells of more.
pub fn is_harmless(code: &str) -> bool {
    if TELLING.iter().any(|part| code.contains(part)) {
        return false;
    }
    let mut imports = 0;
    for statement in code.split(['\n', ';']).map(str::trim) {
        let modules = match (statement.strip_prefix("import "), statement.strip_prefix("from ")) {
            (Some(modules), _) => modules,
            (_, Some(from)) => from.split_once(" import ").map_or(from, |(module, _)| module),
            _ => continue,
        };
        let is_known = |module: &str| {
            let name = module.trim().split([' ', '.']).next().unwrap_or_default();
            MODULES.contains(&name)
        };
        if !modules.split(',').all(is_known) {
            return false;
        }
        imports += 1;
    }
    // Any other import stands where it was not looked for.
    code.matches("import").count() == imports
}

#[cfg(test)]
mod tests {
    use super::{super::library, is_harmless};

    #[test]
    fn whatever_the_library_knows_to_run_something_is_not_harmless() {
        for function in [
            "system",
            "popen",
            "execv",
            "execle",
            "spawnvp",
            "spawnl",
            "posix_spawn",
            "remove",
            "unlink",
            "rmdir",
            "removedirs",
            "kill",
        ] {
            assert!(library::runs(&format!("os.{function}")).is_some(), "{function}");
            assert!(!is_harmless(&format!("import os\nos.{function}(1)")), "{function}");
        }
    }

    #[test]
    fn a_script_that_looks_into_a_report_is_harmless() {
        for code in [
            "import json, pathlib\nprint(len(json.loads(pathlib.Path('a').read_text())))",
            "import os.path as p; from urllib.parse import quote\nprint(p.join('a', quote('b')))",
            "import os\nprint(os.environ['HOME'])",
            "print(1)",
        ] {
            assert!(is_harmless(code), "{code}");
        }
    }

    #[test]
    fn whatever_could_run_something_is_not() {
        for code in [
            "import subprocess\nsubprocess.run(['pm2', 'kill'])",
            "import os\nos.system('pm2 kill')",
            "from os import *\npopen('pm2 kill')",
            "if True: import shutil",
            "import json, deploy",
            "import json; import deploy",
            "from .deploy import all",
            "import os\ngetattr(os, 'sys' + 'tem')('pm2 kill')",
            "m = __import__('o' + 's')",
            "exec('pm2')",
            "print('::set-output name=a::b')",
            "import sys\nsys.modules['os']",
        ] {
            assert!(!is_harmless(code), "{code}");
        }
    }
}
