//! Claims path pointers (OpenID4VP 1.0, section 7).

use std::fmt;

use credential::sd_jwt::{Step, is_withheld};
use serde_json::Value;

use super::{DcqlError, Format};

/// No credential is nested deeper.
const DEEPEST: usize = 32;

/// A path as the verifier wrote it: it may stand for several claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Segment>);

/// One component of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The member of this name.
    Key(String),
    /// The element at this place, counted from 0.
    Index(usize),
    /// All elements (`null`).
    All,
}

/// The place of one claim in one credential: never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(Vec<Step>);

impl Path {
    /// From its JSON form, a non-empty array of strings, nulls and non-negative integers.
    pub(super) fn parse(value: Option<&Value>) -> Result<Self, DcqlError> {
        let wrong = DcqlError::Member("path");
        let components = value.and_then(Value::as_array).filter(|path| !path.is_empty()).ok_or(wrong)?;
        if components.len() > DEEPEST {
            return Err(DcqlError::TooLarge);
        }
        let segment = |component: &Value| match component {
            Value::String(key) => Ok(Segment::Key(key.clone())),
            Value::Null => Ok(Segment::All),
            Value::Number(index) => {
                let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                index.map(Segment::Index).ok_or(wrong)
            }
            _ => Err(wrong),
        };
        components.iter().map(segment).collect::<Result<_, _>>().map(Self)
    }

    /// The components.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether the path stands for this claim, or for one around it.
    pub fn covers(&self, claim: &Pointer) -> bool {
        let step = |(segment, step): (&Segment, &Step)| match (segment, step) {
            (Segment::Key(wanted), Step::Key(key)) => **wanted == **key,
            (Segment::Index(wanted), Step::Index(index)) => wanted == index,
            (Segment::All, Step::Index(_)) => true,
            _ => false,
        };
        self.0.len() <= claim.0.len() && self.0.iter().zip(&claim.0).all(step)
    }

    /// The claims of a credential that the path stands for, with their places; none where the path leads nowhere or meets
    /// a value of another kind than it expects (sections 7.1.1 and 7.2.1).
    pub(super) fn resolve<'a>(&self, format: &Format, claims: &'a Value) -> Vec<(Pointer, &'a Value)> {
        if *format == Format::MsoMdoc && !matches!(self.0.as_slice(), [Segment::Key(_), Segment::Key(_)]) {
            return Vec::new();
        }
        let mut selected = vec![(Pointer(Vec::new()), claims)];
        for segment in &self.0 {
            let mut next = Vec::new();
            for (place, value) in selected {
                // A value of the wrong kind ends it all; a member that is missing drops this branch alone.
                match (segment, value) {
                    (Segment::Key(key), Value::Object(members)) => {
                        next.extend(
                            members.get(key).map(|value| (place.to(Step::Key(key.as_str().into())), value)),
                        );
                    }
                    (Segment::Index(index), Value::Array(elements)) => {
                        let element = elements.get(*index).filter(|element| !is_withheld(element));
                        next.extend(element.map(|value| (place.to(Step::Index(*index)), value)));
                    }
                    (Segment::All, Value::Array(elements)) => {
                        let places = elements.iter().enumerate().filter(|(_, element)| !is_withheld(element));
                        next.extend(places.map(|(index, value)| (place.to(Step::Index(index)), value)));
                    }
                    _ => return Vec::new(),
                }
            }
            selected = next;
        }
        selected
    }
}

impl Pointer {
    /// A place by its components.
    pub fn new(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// The components.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether the other place is this one or inside it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    fn to(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for Pointer {
    /// For people: `address.locality`, `nationalities[0]`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, first) in self.0.iter().zip(std::iter::once(true).chain(std::iter::repeat(false))) {
            match step {
                Step::Key(key) if first => write!(formatter, "{key}")?,
                Step::Key(key) => write!(formatter, ".{key}")?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Path {
    /// For people, as [`Pointer`]; all elements are `[]`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (segment, first) in self.0.iter().zip(std::iter::once(true).chain(std::iter::repeat(false))) {
            match segment {
                Segment::Key(key) if first => write!(formatter, "{key}")?,
                Segment::Key(key) => write!(formatter, ".{key}")?,
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::All => formatter.write_str("[]")?,
            }
        }
        Ok(())
    }
}
