//! Parents that must exist and must not lead back to their child.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_kernel::Place;

use crate::fault::Faults;

/// Checks each `(id, parent, place)`: the parent is one of the ids, and no walk upwards comes back.
pub(crate) fn check<'a, K>(
    what: &str,
    rows: impl Iterator<Item = (&'a K, Option<&'a K>, &'a Place)>,
    faults: &mut Faults,
) where
    K: Ord + fmt::Display + 'a,
{
    let parents: BTreeMap<_, _> = rows.map(|(id, parent, place)| (id, (parent, place))).collect();
    let mut settled = BTreeSet::new();
    for (id, (parent, place)) in &parents {
        if let Some(parent) = parent
            && !parents.contains_key(parent)
        {
            faults.add(
                place,
                format!("{what} `{id}` names the parent `{parent}`, which does not exist"),
                "name an id of the same list, or leave `parent` out",
            );
        }
        let mut path = Vec::new();
        let mut at = Some(*id);
        while let Some(here) = at {
            if settled.contains(here) {
                break;
            }
            if let Some(start) = path.iter().position(|earlier| *earlier == here) {
                let ring: Vec<String> = path.iter().skip(start).chain([&here]).map(|k| format!("`{k}`")).collect();
                faults.add(
                    parents.get(here).map_or(place, |(_, place)| place),
                    format!("{what} `{here}` is its own ancestor: {}", ring.join(" under ")),
                    "break the circle by correcting one `parent`",
                );
                break;
            }
            path.push(here);
            at = parents.get(here).and_then(|(parent, _)| *parent);
        }
        settled.extend(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_rows(rows: &[(u8, Option<u8>)]) -> Vec<String> {
        let place = Place::new("list.csv", 1);
        let mut faults = Faults::default();
        check("id", rows.iter().map(|(id, parent)| (id, parent.as_ref(), &place)), &mut faults);
        faults.into_sorted().unwrap_or_default().into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn a_tree_is_fine() {
        assert!(check_rows(&[(1, None), (2, Some(1)), (3, Some(1)), (4, Some(3))]).is_empty());
    }

    #[test]
    fn each_circle_is_told_once_even_when_others_lead_into_it() {
        let rows = [(1, Some(2)), (2, Some(3)), (3, Some(2)), (5, Some(5)), (6, Some(1))];
        assert_eq!(
            check_rows(&rows),
            ["id `2` is its own ancestor: `2` under `3` under `2`", "id `5` is its own ancestor: `5` under `5`"]
        );
    }

    #[test]
    fn a_parent_must_exist() {
        assert_eq!(check_rows(&[(1, Some(9))]), ["id `1` names the parent `9`, which does not exist"]);
    }
}
