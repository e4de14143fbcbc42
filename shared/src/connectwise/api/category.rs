//! The catalog's own tables: categories, their subcategories, and product types.

use serde::Deserialize;

use crate::connectwise::query::Conditions;
use crate::connectwise::{CategoryId, List, ProductTypeId, Record, Reference, SubcategoryId};

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// Its number.
    pub id: CategoryId,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// A subcategory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Subcategory {
    /// Its number.
    pub id: SubcategoryId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What it is part of.
    #[serde(default)]
    pub category: Option<Reference<CategoryId>>,
}

/// A product type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProductType {
    /// Its number.
    pub id: ProductTypeId,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

impl Record for Category {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Record for Subcategory {
    const FIELDS: &'static str = "id,name,category";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Record for ProductType {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// The categories in use, by name.
pub fn categories() -> List<Category> {
    in_use("categories", "/procurement/categories")
}

/// The subcategories in use, of all categories, by name.
pub fn subcategories() -> List<Subcategory> {
    in_use("subcategories", "/procurement/subcategories/")
}

/// The product types in use, by name.
pub fn product_types() -> List<ProductType> {
    in_use("product-types", "/procurement/types")
}

fn in_use<T: Record>(name: &'static str, path: &str) -> List<T> {
    List::all(name, path).only(Conditions::new().flag("inactiveFlag", false)).by("name")
}
