//! Which credentials and claims answer a query (OpenID4VP 1.0, section 6.4).

use serde_json::Value;

use super::{Candidate, ClaimQuery, CredentialQuery, Pointer, Query, TrustedAuthority};

/// The wallet holds nothing that would answer the query: nothing at all is returned then. Whether a credential is missing or a
/// value differs is not told, as the verifier is not to learn it either (section 15.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no credentials answer the query")]
pub struct NotSatisfied;

/// What could answer one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The query's identifier.
    pub query: String,
    /// Whether the verifier can do without it.
    pub optional: bool,
    /// Whether several credentials may be shown.
    pub multiple: bool,
    /// The credentials of which one is to be shown, in the order in which they were given; never empty.
    pub matches: Vec<Match>,
}

/// A credential that answers a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its place among those given.
    pub candidate: usize,
    /// The claims to show, each once.
    pub claims: Vec<Pointer>,
}

impl Query {
    /// What the wallet would answer with: for each set the first option that it can satisfy, without sets every query.
    ///
    /// # Errors
    /// [`NotSatisfied`] where a required part cannot be answered, or nothing at all can.
    pub fn select(&self, candidates: &[Candidate<'_>]) -> Result<Vec<Answer>, NotSatisfied> {
        let matches: Vec<Vec<Match>> =
            self.credentials.iter().map(|query| query.matches(candidates)).collect();
        let satisfied = |place: &usize| matches.get(*place).is_some_and(|found| !found.is_empty());
        let chosen = self.choose(satisfied).ok_or(NotSatisfied)?;
        let queries = self.credentials.iter().zip(&matches).zip(chosen);
        let answers: Vec<Answer> = queries
            .filter_map(|((query, matches), choice)| {
                Some(Answer {
                    query: query.id.clone(),
                    optional: choice? == Choice::Optional,
                    multiple: query.multiple,
                    matches: matches.clone(),
                })
            })
            .collect();
        if answers.is_empty() { Err(NotSatisfied) } else { Ok(answers) }
    }

    /// Whether answers to the queries with these identifiers are all that is required; for the verifier.
    pub fn is_complete(&self, answered: &[&str]) -> bool {
        let answered = |place: &usize| {
            self.credentials.get(*place).is_some_and(|query| answered.contains(&query.id.as_str()))
        };
        self.choose(answered).is_some()
    }

    /// For each query whether it is to be answered, given those that can be.
    fn choose(&self, satisfied: impl Fn(&usize) -> bool) -> Option<Vec<Option<Choice>>> {
        if self.credential_sets.is_empty() {
            let all = (0..self.credentials.len()).all(|place| satisfied(&place));
            return all.then(|| vec![Some(Choice::Required); self.credentials.len()]);
        }
        let mut chosen = vec![None; self.credentials.len()];
        for set in &self.credential_sets {
            let Some(option) = set.options.iter().find(|option| option.iter().all(&satisfied)) else {
                if set.required {
                    return None;
                }
                continue;
            };
            for place in option {
                let Some(choice) = chosen.get_mut(*place) else { continue };
                if set.required {
                    *choice = Some(Choice::Required);
                } else {
                    choice.get_or_insert(Choice::Optional);
                }
            }
        }
        Some(chosen)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Required,
    Optional,
}

impl CredentialQuery {
    fn matches(&self, candidates: &[Candidate<'_>]) -> Vec<Match> {
        let found = candidates.iter().enumerate();
        found
            .filter_map(|(place, candidate)| {
                Some(Match { candidate: place, claims: self.claims_in(candidate)? })
            })
            .collect()
    }

    /// The claims of a credential that answer this query, each once; `None` where the credential does not.
    ///
    /// Of `claim_sets` the first that the credential can satisfy counts. A value that is not among `values` is as if it were
    /// not there; of several elements only those that are among them are shown.
    pub fn claims_in(&self, candidate: &Candidate<'_>) -> Option<Vec<Pointer>> {
        let fits = self.format == candidate.format
            && (self.types.is_empty() || self.types.iter().any(|wanted| candidate.types.contains(wanted)))
            && (!self.holder_binding || candidate.holder_bound)
            && self.trusts(candidate.authority_key_ids);
        if !fits {
            return None;
        }
        if self.claim_sets.is_empty() {
            return places_of(self.claims.iter(), candidate);
        }
        self.claim_sets
            .iter()
            .find_map(|set| places_of(set.iter().filter_map(|place| self.claims.get(*place)), candidate))
    }

    fn trusts(&self, authority_key_ids: &[Vec<u8>]) -> bool {
        let matching = |authority: &TrustedAuthority| match authority {
            TrustedAuthority::KeyIdentifiers(wanted) => {
                wanted.iter().any(|id| authority_key_ids.contains(id))
            }
            TrustedAuthority::Unknown => false,
        };
        self.authorities.is_empty() || self.authorities.iter().any(matching)
    }
}

fn places_of<'a>(
    claims: impl Iterator<Item = &'a ClaimQuery>,
    candidate: &Candidate<'_>,
) -> Option<Vec<Pointer>> {
    let mut places: Vec<Pointer> = Vec::new();
    for claim in claims {
        let wanted = |value: &Value| claim.values.is_empty() || claim.values.contains(value);
        let found = claim.path.resolve(&candidate.format, candidate.claims);
        let mut found = found.into_iter().filter(|(_, value)| wanted(value)).peekable();
        found.peek()?;
        for (place, _) in found {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    Some(places)
}
