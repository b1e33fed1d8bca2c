//! What is found: a level, a place and a sentence.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It will be refused, or will not work.
    Error,
    /// Something was probably forgotten.
    Warning,
}

impl Level {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The source's name.
    pub file: String,
    /// From 1; 0 where it is about all that was given.
    pub line: usize,
    /// `EnvoyFilter weir`; empty where it is no Kubernetes object.
    pub object: String,
    /// `spec.configPatches[0].patch`; empty for the whole.
    pub path: String,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The check that found it.
    pub check: &'static str,
    /// Where.
    pub place: Place,
    /// What.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        if place.line > 0 {
            write!(f, "{}:{}: ", place.file, place.line)?;
        }
        write!(f, "{}: ", self.level.word())?;
        for part in [&place.object, &place.path] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

/// Where findings are collected.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Something that will not work.
    pub fn error(&mut self, check: &'static str, place: Place, message: impl Into<String>) {
        self.add(Level::Error, check, place, message.into());
    }

    /// Something that was probably forgotten.
    pub fn warn(&mut self, check: &'static str, place: Place, message: impl Into<String>) {
        self.add(Level::Warning, check, place, message.into());
    }

    /// A block that stands under an anchor is found wherever its alias is: said once.
    fn add(&mut self, level: Level, check: &'static str, place: Place, message: String) {
        let same = |other: &Finding| {
            other.check == check
                && other.message == message
                && (&other.place.file, other.place.line, &other.place.object)
                    == (&place.file, place.line, &place.object)
        };
        if !self.0.iter().any(same) {
            self.0.push(Finding {
                level,
                check,
                place,
                message,
            });
        }
    }

    /// What was found, by place.
    pub fn take(self) -> Vec<Finding> {
        let mut found = self.0;
        found.sort_by(|a, b| {
            let key = |finding: &Finding| (finding.place.file.clone(), finding.place.line);
            key(a).cmp(&key(b))
        });
        found
    }
}
