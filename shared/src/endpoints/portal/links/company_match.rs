//! Companies that an organization of the vendor may belong to, by its names. Pure.
//!
//! The company's own identifier and the domain of its website are exact: one company that has either is chosen. A name only
//! suggests. A domain that several organizations have shows none of them, because the vendor often shows the partner's own
//! address in place of the customer's.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::connectwise::CompanyId;
use crate::connectwise::api::company::Profile;

/// Most companies that are suggested for an organization.
const MAX_CANDIDATES: usize = 5;

/// Domains at which anybody can have a mailbox.
const PUBLIC_DOMAINS: [&str; 12] = [
    "aol.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "me.com",
    "outlook.com",
    "web.de",
    "yahoo.com",
];

/// Forms of companies, which people write in different ways or leave out.
const FORMS: [&str; 18] = [
    "ab",
    "ag",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "gmbh",
    "inc",
    "incorporated",
    "kg",
    "limited",
    "llc",
    "ltd",
    "plc",
    "sa",
    "srl",
    "the",
];

/// The names of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Its name.
    pub name: String,
    /// Its email address.
    pub email: String,
    /// The company that it was sold to in the portal.
    pub company: Option<CompanyId>,
}

/// The reason for which a company is suggested, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// The organization was sold to the company in the portal, or is named as the company's identifier.
    Identifier,
    /// Its email address is at the domain of the company's website.
    Domain,
    /// Both have the same name, but for the form of the company.
    Name,
}

/// A company that is suggested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The company.
    pub company: &'a Profile,
    /// The strongest reason.
    pub basis: Basis,
}

/// The companies of a ConnectWise, by their names.
pub struct Companies<'a> {
    by_id: HashMap<CompanyId, &'a Profile>,
    by_name: HashMap<(Basis, String), Vec<&'a Profile>>,
}

impl<'a> Companies<'a> {
    /// Orders companies by their names.
    pub fn new(companies: &'a [Profile]) -> Self {
        let mut by_name: HashMap<_, Vec<&Profile>> = HashMap::new();
        for company in companies {
            let names = [
                (Basis::Identifier, Some(letters(&company.identifier))),
                (Basis::Domain, company.website.as_deref().and_then(site_domain)),
                (Basis::Name, Some(plain_name(&company.name))),
            ];
            for (basis, name) in names {
                if let Some(name) = name.filter(|name| !name.is_empty()) {
                    by_name.entry((basis, name)).or_default().push(company);
                }
            }
        }
        Self { by_id: companies.iter().map(|company| (company.id, company)).collect(), by_name }
    }

    /// Returns the companies that an organization may belong to, the most likely first: only the one that it was sold to in the
    /// portal, if it was. A domain of `shared` shows none.
    pub fn candidates(&self, names: &Names, shared: &HashSet<String>) -> Vec<Candidate<'a>> {
        if let Some(company) = names.company.and_then(|id| self.by_id.get(&id)) {
            return vec![Candidate { company, basis: Basis::Identifier }];
        }
        let domain = mail_domain(&names.email).filter(|domain| !shared.contains(domain));
        let keys = [
            (Basis::Identifier, Some(letters(&names.name))),
            (Basis::Domain, domain),
            (Basis::Name, Some(plain_name(&names.name))),
        ];
        let by_names = keys.into_iter().filter_map(|(basis, name)| Some((basis, name?))).flat_map(|key| {
            let found = self.by_name.get(&key).into_iter().flatten();
            found.map(move |company| Candidate { company, basis: key.0 })
        });
        let mut candidates: Vec<Candidate> = Vec::new();
        for one in by_names {
            if candidates.iter().all(|other| other.company.id != one.company.id) {
                candidates.push(one);
            }
        }
        candidates.truncate(MAX_CANDIDATES);
        candidates
    }
}

/// Returns the company to choose without asking: the only one with an exact reason. A prospect and one in the recycle bin are
/// never chosen. `None` if a person must choose.
pub fn chosen(candidates: &[Candidate<'_>]) -> Option<CompanyId> {
    let mut exact = candidates.iter().filter(|one| one.basis != Basis::Name);
    match (exact.next(), exact.next()) {
        (Some(one), None) if !one.company.is_prospect() && !one.company.deleted_flag => Some(one.company.id),
        _ => None,
    }
}

/// Returns the domains that more than one of the organizations has.
pub fn shared_domains<'n>(organizations: impl Iterator<Item = &'n Names>) -> HashSet<String> {
    let (mut seen, mut shared) = (HashSet::new(), HashSet::new());
    for domain in organizations.filter_map(|names| mail_domain(&names.email)) {
        if !seen.insert(domain.clone()) {
            shared.insert(domain);
        }
    }
    shared
}

/// Returns the letters and digits of a text, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the words of a name without the form of the company.
fn plain_name(name: &str) -> String {
    let words = name.split(|character: char| character.is_whitespace() || [',', '/', '&', '+'].contains(&character));
    words.map(letters).filter(|word| !FORMS.contains(&word.as_str())).collect()
}

/// Returns the domain of an email address, unless anybody can have a mailbox there.
fn mail_domain(email: &str) -> Option<String> {
    let domain = email.trim().rsplit_once('@')?.1.to_lowercase();
    (domain.contains('.') && !PUBLIC_DOMAINS.contains(&domain.as_str())).then_some(domain)
}

/// Returns the domain of a website's address.
fn site_domain(website: &str) -> Option<String> {
    let address = website.trim().to_lowercase();
    let host = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    (host.contains('.') && !PUBLIC_DOMAINS.contains(&host)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectwise::api::company::Type;

    fn company(id: u32, identifier: &str, name: &str, website: &str) -> Profile {
        Profile {
            id: CompanyId::new(id),
            identifier: identifier.to_owned(),
            name: name.to_owned(),
            website: Some(website.to_owned()),
            lead_flag: false,
            types: None,
            deleted_flag: false,
        }
    }

    fn names(name: &str, email: &str) -> Names {
        Names { name: name.to_owned(), email: email.to_owned(), company: None }
    }

    /// Returns the numbers of the candidates with their reasons, and the one that is chosen.
    fn found(companies: &[Profile], names: &Names) -> (Vec<(u32, Basis)>, Option<u32>) {
        let known = Companies::new(companies);
        let candidates = known.candidates(names, &HashSet::new());
        let all = candidates.iter().map(|one| (one.company.id.get(), one.basis)).collect();
        (all, chosen(&candidates).map(CompanyId::get))
    }

    #[test]
    fn an_identifier_or_a_domain_chooses_and_a_name_suggests() {
        let all = [
            company(20, "BlueLight", "Blue Light, Co.", "https://www.bluelight.example/start"),
            company(21, "Acme", "Acme Incorporated", "acme.example"),
        ];
        assert_eq!(found(&all, &names("Blue light", "a@x.example")).1, Some(20), "as the identifier");
        assert_eq!(found(&all, &names("Other", "a@BlueLight.example")), (vec![(20, Basis::Domain)], Some(20)));
        assert_eq!(found(&all, &names("The ACME, Inc.", "a@x.example")).0, [(21, Basis::Name)]);
        assert_eq!(found(&all, &names("The Blue Light LLC", "a@x.example")), (vec![(20, Basis::Name)], None));
        let sold = Names { company: Some(CompanyId::new(21)), ..names("Blue Light", "a@bluelight.example") };
        assert_eq!(found(&all, &sold), (vec![(21, Basis::Identifier)], Some(21)), "no other company");
        assert_eq!(found(&all, &names("Unknown", "a@gmail.com")), (Vec::new(), None));
    }

    #[test]
    fn two_candidates_choose_nothing() {
        let two = [
            company(20, "BlueLight", "Blue Light", "bluelight.example"),
            company(21, "Other", "Other", "http://bluelight.example:8080"),
        ];
        let (candidates, chosen) = found(&two, &names("Blue Light", "a@bluelight.example"));
        assert_eq!((candidates, chosen), (vec![(20, Basis::Identifier), (21, Basis::Domain)], None));
        let (candidates, chosen) = found(&two, &names("Blue Light", "a@x.example"));
        assert_eq!((candidates, chosen), (vec![(20, Basis::Identifier)], Some(20)), "a company is a candidate once");
    }

    #[test]
    fn prospects_and_recycled_companies_are_suggested_and_never_chosen() {
        let prospect = Type { name: " prospect".to_owned() };
        for one in [
            Profile { deleted_flag: true, ..company(20, "BlueLight", "", "") },
            Profile { lead_flag: true, ..company(20, "BlueLight", "", "") },
            Profile { types: Some(vec![prospect]), ..company(20, "BlueLight", "", "") },
        ] {
            let expected = (vec![(20, Basis::Identifier)], None);
            assert_eq!(found(&[one], &names("Blue Light", "")), expected);
        }
    }

    #[test]
    fn a_domain_of_several_organizations_shows_none_of_them() {
        let all = [company(1, "MSP", "The MSP", "msp.example")];
        let organizations =
            [names("One", "it@msp.example"), names("Two", "IT@MSP.example"), names("Three", "c@c.example")];
        let shared = shared_domains(organizations.iter());
        assert_eq!(shared, HashSet::from(["msp.example".to_owned()]));
        assert_eq!(Companies::new(&all).candidates(&organizations[0], &shared), []);
    }
}
