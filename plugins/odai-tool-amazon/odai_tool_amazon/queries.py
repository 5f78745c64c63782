"""What we ask of the Canopy API, in GraphQL: only the fields that are used."""

from __future__ import annotations

_CARD = (
    "asin title brand url mainImageUrl rating ratingsTotal isPrime sponsored price { value currency symbol display }"
)

SEARCH = (
    "query Search($searchTerm: String!, $limit: Int) {"
    " amazonProductSearchResults(input: {searchTerm: $searchTerm}) {"
    f" productResults(input: {{limit: $limit}}) {{ results {{ {_CARD} }} }} }} }}"
)
PRODUCT = (
    "query Product($asin: String!) { amazonProduct(input: {asin: $asin}) {"
    f" {_CARD} subtitle featureBullets imageUrls reviewsTotal"
    " topReviews { title body rating verifiedPurchase reviewer { name } } } }"
)
