//! Tables of the product catalog: categories, subcategories and product types.

use serde::Deserialize;

use crate::connectwise::query::Condition;
use crate::connectwise::{CategoryId, Entity, ListRequest, ProductTypeId, Reference, SubcategoryId};

/// A category.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// The category's id.
    pub id: CategoryId,
    /// The category's name.
    #[serde(default)]
    pub name: String,
}

/// A subcategory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Subcategory {
    /// The subcategory's id.
    pub id: SubcategoryId,
    /// The subcategory's name.
    #[serde(default)]
    pub name: String,
    /// The category that it belongs to.
    #[serde(default)]
    pub category: Option<Reference<CategoryId>>,
}

/// A product type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProductType {
    /// The product type's id.
    pub id: ProductTypeId,
    /// The product type's name.
    #[serde(default)]
    pub name: String,
}

impl Entity for Category {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for Subcategory {
    const FIELDS: &'static str = "id,name,category";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for ProductType {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists the active categories, ordered by name.
pub fn categories() -> ListRequest<Category> {
    in_use("categories", "/procurement/categories")
}

/// Lists the active subcategories of all categories, ordered by name.
pub fn subcategories() -> ListRequest<Subcategory> {
    in_use("subcategories", "/procurement/subcategories/")
}

/// Lists the active product types, ordered by name.
pub fn product_types() -> ListRequest<ProductType> {
    in_use("product-types", "/procurement/types")
}

fn in_use<T: Entity>(name: &'static str, path: &str) -> ListRequest<T> {
    ListRequest::all(name, path).with_condition(Condition::flag("inactiveFlag", false)).ordered_by("name")
}
