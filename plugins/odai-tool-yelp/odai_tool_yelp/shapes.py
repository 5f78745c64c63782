"""What Yelp answers, as far as we use it. A field that may be missing or null has a default."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Rating = Annotated[float, Meta(ge=0, le=5)]


class Category(Struct, frozen=True):
    title: str
    alias: str = ""


class Location(Struct, frozen=True):
    address1: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    display_address: list[str] | None = None


class Hours(Struct, frozen=True):
    is_open_now: bool = False


class Business(Struct, frozen=True):
    id: str
    name: str
    rating: Rating = 0
    review_count: Annotated[int, Meta(ge=0)] = 0
    price: str | None = None
    categories: list[Category] = []
    location: Location = Location()
    business_hours: list[Hours] | None = None
    is_closed: bool = False
    """For good; whether it is open at this hour is in `business_hours`."""
    distance: float | None = None
    display_phone: str | None = None
    image_url: str | None = None
    url: str | None = None

    @property
    def open_now(self) -> bool | None:
        """None: Yelp's plan does not tell."""
        return self.business_hours[0].is_open_now if self.business_hours else None


class Search(Struct, frozen=True):
    businesses: list[Business]
    total: int = 0


class Reviewer(Struct, frozen=True):
    name: str = "Somebody"


class Review(Struct, frozen=True):
    text: str
    rating: Rating
    user: Reviewer = Reviewer()
    time_created: str | None = None
    url: str | None = None


class Reviews(Struct, frozen=True):
    reviews: list[Review]
    total: int = 0
