//! A package: the offer, licences and add-ons of a team, now or as desired. To the vendor, it is a list of SKUs with
//! quantities.

use std::collections::BTreeMap;

use super::catalogue::{Addon, Catalogue, Offer, Skus};

/// The present or desired contents of a team.
#[derive(Clone, Debug)]
pub struct Package<'c> {
    /// Plan with its commitment.
    pub offer: Offer<'c>,
    /// Total number of licences, including those in the base SKU.
    pub seats: u32,
    /// Add-ons by id.
    pub addons: BTreeMap<&'c str, &'c Addon>,
}

impl<'c> Package<'c> {
    /// Builds the package from the SKUs of a team.
    ///
    /// # Errors
    /// The first SKU that is not in the catalogue.
    pub fn from_skus(catalogue: &'c Catalogue, skus: &Skus) -> Result<Self, String> {
        let offer = skus.keys().find_map(|sku| catalogue.offer(sku));
        let offer = offer.ok_or_else(|| skus.keys().next().cloned().unwrap_or_default())?;
        let licences = skus.get(&offer.skus.licence).copied().unwrap_or(0);
        let mut addons = BTreeMap::new();
        for sku in skus.keys().filter(|sku| **sku != offer.skus.base && **sku != offer.skus.licence) {
            let addon =
                catalogue.addons.iter().find(|addon| addon.sku(offer) == Some(sku)).ok_or_else(|| sku.clone())?;
            addons.insert(addon.id.as_str(), addon);
        }
        Ok(Self { offer, seats: offer.plan.included.saturating_add(licences), addons })
    }

    /// Returns the SKUs: the base once, a licence for each further seat, an add-on for each seat, a storage pack once. An
    /// add-on that is not sold with the offer is omitted.
    pub fn skus(&self) -> Skus {
        let Offer { plan, skus, .. } = self.offer;
        let licences = self.seats.saturating_sub(plan.included);
        let addons = self.addons.values().filter_map(|addon| {
            let quantity = if addon.storage { 1 } else { self.seats };
            Some((addon.sku(self.offer)?.to_owned(), quantity))
        });
        std::iter::once((skus.base.clone(), 1))
            .chain((licences > 0).then(|| (skus.licence.clone(), licences)))
            .chain(addons)
            .collect()
    }

    /// Returns the package that a team with this one has until its renewal, if it shall have `desired` from then on. Upgrades
    /// take effect at once; nothing that is paid is removed before the renewal.
    pub fn until_renewal(&self, desired: &Self) -> Self {
        let (now, then) = (self.offer, desired.offer);
        let at_once = then.plan.rank > now.plan.rank || then.plan.id == now.plan.id && then.plan.moves_at_once;
        let offer = if at_once { then } else { now };
        let addons = self.addons.iter().chain(&desired.addons).filter(|(_, addon)| addon.sku(offer).is_some());
        Self { offer, seats: self.seats.max(desired.seats), addons: addons.map(|(id, addon)| (*id, *addon)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn package<'c>(catalogue: &'c Catalogue, base: &str, seats: u32, addons: &[&str]) -> Package<'c> {
        let addons =
            addons.iter().map(|id| catalogue.addon(id).map(|addon| (addon.id.as_str(), addon)).unwrap()).collect();
        Package { offer: catalogue.offer(base).unwrap(), seats, addons }
    }

    fn skus(pairs: &[(&str, u32)]) -> Skus {
        pairs.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect()
    }

    #[test]
    fn the_base_contains_its_licences() {
        let catalogue = Catalogue::built_in().unwrap();
        assert_eq!(package(&catalogue, "TEAM-ST3L5TVD1Y", 3, &[]).skus(), skus(&[("TEAM-ST3L5TVD1Y", 1)]));
        assert_eq!(
            package(&catalogue, "TEAM-AD3LVE1M", 7, &["data-governance", "storage-10tb"]).skus(),
            skus(&[("TEAM-AD3LVE1M", 1), ("TEAMLIC-ADVE1M", 4), ("TEAMADD-DGAD1M", 7), ("TEAMADD-10TBAD1M", 1)]),
        );
    }

    #[test]
    fn an_unknown_sku_is_named() {
        let catalogue = Catalogue::built_in().unwrap();
        let unknown = skus(&[("TEAM-ST3L5TVD1Y", 1), ("TEAMADD-NEW", 3)]);
        assert_eq!(Package::from_skus(&catalogue, &unknown).unwrap_err(), "TEAMADD-NEW");
        assert_eq!(Package::from_skus(&catalogue, &skus(&[("ENT-1", 1)])).unwrap_err(), "ENT-1");
    }

    #[test]
    fn an_upgrade_takes_effect_at_once_and_keeps_paid_contents() {
        let catalogue = Catalogue::built_in().unwrap();
        let now = package(&catalogue, "TEAM-ST3L5TVD1Y", 8, &["data-governance"]);
        let desired = package(&catalogue, "TEAM-AD3LVE1Y", 5, &["storage-10tb"]);
        let interim = now.until_renewal(&desired);
        assert_eq!(
            interim.skus(),
            package(&catalogue, "TEAM-AD3LVE1Y", 8, &["data-governance", "storage-10tb"]).skus()
        );
    }

    #[test]
    fn another_commitment_takes_effect_at_the_renewal() {
        let catalogue = Catalogue::built_in().unwrap();
        let until = |from: &str, to: &str| {
            let interim = package(&catalogue, from, 3, &[]).until_renewal(&package(&catalogue, to, 4, &[]));
            interim.offer.skus.base.clone()
        };
        assert_eq!(until("TEAM-ST3L5TVD1M", "TEAM-ST3L5TVD1Y"), "TEAM-ST3L5TVD1M");
        assert_eq!(until("TEAM-BIZ3L1M", "TEAM-BIZ3L1Y"), "TEAM-BIZ3L1Y");
    }

    proptest! {
        #[test]
        fn skus_decode_to_the_package_that_they_encode(offer in 0usize..13, seats in 300u32..2000, addons in prop::collection::vec(any::<bool>(), 4)) {
            let catalogue = Catalogue::built_in().unwrap();
            let offer = catalogue.offers().nth(offer).unwrap();
            let addons = catalogue.addons.iter().zip(addons)
                .filter(|(addon, on)| *on && addon.sku(offer).is_some())
                .map(|(addon, _)| (addon.id.as_str(), addon))
                .collect();
            let package = Package { offer, seats, addons };
            let read = Package::from_skus(&catalogue, &package.skus()).unwrap();
            prop_assert_eq!(read.skus(), package.skus());
            prop_assert_eq!(read.seats, seats);
        }
    }
}
