"""Finds the brands that tweets mention, by handles, hashtags and phrases from a YAML file."""

from badbuzz.brands.brand_file import Brand, read_brands
from badbuzz.brands.matcher import BrandMatcher
from badbuzz.brands.reloading import ReloadingBrands

__all__ = ["Brand", "BrandMatcher", "ReloadingBrands", "read_brands"]
