"""Names that mean a certain kind of thing: airlines, coins, companies, currencies, carriers, places."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

AIRLINES: Final = frozenset(
    "delta|united|american|southwest|jetblue|jet blue|alaska|spirit|frontier|hawaiian|allegiant|sun country|breeze|"
    "british airways|virgin atlantic|virgin|air france|lufthansa|emirates|qantas|el al|air canada|westjet|klm|"
    "qatar|qatar airways|etihad|turkish|iberia|swiss|austrian|sas|finnair|ryanair|easyjet|aer lingus|tap|ita|"
    "japan airlines|ana|all nippon|korean air|singapore|cathay pacific|air india|air new zealand|latam|avianca|"
    "aeromexico|copa|icelandair|norwegian|saudia|ethiopian|china southern|china eastern|air china|eva air|thai".split("|")
)
COINS: Final = {
    name: symbol
    for symbol, names in {
        "BTC": "btc|bitcoin|bitcoins|bit coin",
        "ETH": "eth|ethereum|ether",
        "SOL": "sol|solana",
        "XRP": "xrp|ripple",
        "DOGE": "doge|dogecoin|doge coin",
        "ADA": "ada|cardano",
        "BNB": "bnb|binance coin",
        "LTC": "ltc|litecoin|lite coin",
        "DOT": "polkadot",
        "AVAX": "avax|avalanche",
        "SHIB": "shib|shiba inu|shiba",
        "LINK": "chainlink",
        "TRX": "trx|tron",
        "USDT": "usdt|tether",
        "USDC": "usdc",
        "XMR": "xmr|monero",
        "XLM": "xlm|stellar",
        "BCH": "bch|bitcoin cash",
        "PEPE": "pepe",
        "MATIC": "matic|polygon",
    }.items()
    for name in names.split("|")
}
COMPANIES: Final = frozenset(
    "apple|microsoft|amazon|google|alphabet|meta|facebook|tesla|nvidia|netflix|intel|amd|ibm|oracle|salesforce|adobe|"
    "cisco|qualcomm|disney|walmart|target|costco|nike|starbucks|mcdonald's|coca cola|coke|pepsi|pepsico|boeing|ford|"
    "general motors|gm|toyota|exxon|chevron|jpmorgan|jp morgan|goldman sachs|bank of america|wells fargo|visa|"
    "mastercard|paypal|uber|lyft|airbnb|spotify|zoom|snap|snapchat|palantir|pfizer|moderna|johnson and johnson|"
    "procter and gamble|home depot|at and t|verizon|comcast|berkshire hathaway|gamestop|coinbase|robinhood|shopify|"
    "dell|hp|sony|samsung|general electric|caterpillar|fedex|ups|delta|southwest".split("|")
)
CURRENCIES: Final = {
    name: code
    for code, names in {
        "USD": "dollar|dollars|us dollar|us dollars|usd|bucks",
        "EUR": "euro|euros|eur",
        "GBP": "pound|pounds|british pound|british pounds|gbp|sterling",
        "JPY": "yen|japanese yen|jpy",
        "CHF": "franc|francs|swiss franc|swiss francs|chf",
        "CAD": "canadian dollar|canadian dollars|cad",
        "AUD": "australian dollar|australian dollars|aud",
        "CNY": "yuan|renminbi|cny",
        "INR": "rupee|rupees|indian rupee|indian rupees|inr",
        "MXN": "peso|pesos|mexican peso|mexican pesos|mxn",
        "ILS": "shekel|shekels|ils",
        "SEK": "swedish krona|krona|sek",
        "KRW": "won|korean won|krw",
    }.items()
    for name in names.split("|")
}
CARRIERS: Final = {
    "ups": "UPS",
    "usps": "USPS",
    "fedex": "FedEx",
    "fed ex": "FedEx",
    "dhl": "DHL",
    "ontrac": "OnTrac",
    "post office": "USPS",
    "postal service": "USPS",
}
STATES: Final = {
    name: code
    for code, name in (
        pair.split(" ", 1)
        for pair in (
            "AL alabama|AK alaska|AZ arizona|AR arkansas|CA california|CO colorado|CT connecticut|DE delaware|"
            "DC washington dc|FL florida|GA georgia|HI hawaii|ID idaho|IL illinois|IN indiana|IA iowa|KS kansas|"
            "KY kentucky|LA louisiana|ME maine|MD maryland|MA massachusetts|MI michigan|MN minnesota|MS mississippi|"
            "MO missouri|MT montana|NE nebraska|NV nevada|NH new hampshire|NJ new jersey|NM new mexico|NY new york state|"
            "NC north carolina|ND north dakota|OH ohio|OK oklahoma|OR oregon|PA pennsylvania|RI rhode island|"
            "SC south carolina|SD south dakota|TN tennessee|TX texas|UT utah|VT vermont|VA virginia|WA washington state|"
            "WV west virginia|WI wisconsin|WY wyoming|ON ontario|QC quebec|BC british columbia|AB alberta"
        ).split("|")
    )
}
COUNTRIES: Final = {
    name: code
    for code, names in {
        "US": "united states|usa|america",
        "CA": "canada",
        "GB": "united kingdom|england|britain|great britain|scotland|uk",
        "MX": "mexico",
        "DE": "germany",
        "FR": "france",
        "IT": "italy",
        "ES": "spain",
        "NL": "netherlands|holland",
        "IE": "ireland",
        "AU": "australia",
        "NZ": "new zealand",
        "JP": "japan",
        "IN": "india",
        "BR": "brazil",
        "IL": "israel",
        "SE": "sweden",
        "NO": "norway",
        "DK": "denmark",
        "CH": "switzerland",
        "AT": "austria",
        "PT": "portugal",
    }.items()
    for name in names.split("|")
}


class City(NamedTuple):
    """A city: decimal degrees, two-letter state ("" outside US and Canada) and country."""

    name: str
    latitude: float
    longitude: float
    state: str
    country: str


_CITIES: Final = """
New York,40.71,-74.01,NY|New York City,40.71,-74.01,NY|Manhattan,40.78,-73.97,NY|Brooklyn,40.68,-73.94,NY
Queens,40.73,-73.79,NY|Buffalo,42.89,-78.88,NY|Albany,42.65,-73.75,NY|Newark,40.74,-74.17,NJ|Jersey City,40.72,-74.04,NJ
Los Angeles,34.05,-118.24,CA|Hollywood,34.09,-118.33,CA|Santa Monica,34.02,-118.49,CA|Long Beach,33.77,-118.19,CA
Pasadena,34.15,-118.14,CA|Anaheim,33.84,-117.91,CA|San Diego,32.72,-117.16,CA|San Francisco,37.77,-122.42,CA
Oakland,37.80,-122.27,CA|Berkeley,37.87,-122.27,CA|San Jose,37.34,-121.89,CA|Palo Alto,37.44,-122.14,CA
Mountain View,37.39,-122.08,CA|San Mateo,37.56,-122.33,CA|Fremont,37.55,-121.99,CA|Sacramento,38.58,-121.49,CA
Fresno,36.74,-119.79,CA|Santa Barbara,34.42,-119.70,CA|Santa Cruz,36.97,-122.03,CA|Monterey,36.60,-121.89,CA
Chicago,41.88,-87.63,IL|Houston,29.76,-95.37,TX|Dallas,32.78,-96.80,TX|Austin,30.27,-97.74,TX|San Antonio,29.42,-98.49,TX
Fort Worth,32.76,-97.33,TX|El Paso,31.76,-106.49,TX|Phoenix,33.45,-112.07,AZ|Tucson,32.22,-110.97,AZ|Scottsdale,33.49,-111.93,AZ
Philadelphia,39.95,-75.17,PA|Pittsburgh,40.44,-80.00,PA|Washington,38.91,-77.04,DC|Washington DC,38.91,-77.04,DC|Baltimore,39.29,-76.61,MD
Boston,42.36,-71.06,MA|Cambridge,42.37,-71.11,MA|Worcester,42.26,-71.80,MA|Providence,41.82,-71.41,RI|Hartford,41.77,-72.67,CT
Seattle,47.61,-122.33,WA|Tacoma,47.25,-122.44,WA|Spokane,47.66,-117.43,WA|Portland,45.52,-122.68,OR|Eugene,44.05,-123.09,OR
Denver,39.74,-104.99,CO|Boulder,40.01,-105.27,CO|Colorado Springs,38.83,-104.82,CO|Salt Lake City,40.76,-111.89,UT|Boise,43.62,-116.20,ID
Las Vegas,36.17,-115.14,NV|Reno,39.53,-119.81,NV|Albuquerque,35.08,-106.65,NM|Santa Fe,35.69,-105.94,NM
Minneapolis,44.98,-93.27,MN|Saint Paul,44.95,-93.09,MN|Milwaukee,43.04,-87.91,WI|Madison,43.07,-89.40,WI|Detroit,42.33,-83.05,MI
Ann Arbor,42.28,-83.74,MI|Grand Rapids,42.96,-85.67,MI|Cleveland,41.50,-81.69,OH|Columbus,39.96,-83.00,OH|Cincinnati,39.10,-84.51,OH
Indianapolis,39.77,-86.16,IN|Louisville,38.25,-85.76,KY|Nashville,36.16,-86.78,TN|Memphis,35.15,-90.05,TN|Knoxville,35.96,-83.92,TN
Atlanta,33.75,-84.39,GA|Savannah,32.08,-81.09,GA|Charlotte,35.23,-80.84,NC|Raleigh,35.78,-78.64,NC|Durham,35.99,-78.90,NC
Charleston,32.78,-79.93,SC|Richmond,37.54,-77.44,VA|Virginia Beach,36.85,-75.98,VA|Miami,25.76,-80.19,FL|Orlando,28.54,-81.38,FL
Tampa,27.95,-82.46,FL|Jacksonville,30.33,-81.66,FL|Fort Lauderdale,26.12,-80.14,FL|Key West,24.56,-81.78,FL|New Orleans,29.95,-90.07,LA
Birmingham,33.52,-86.80,AL|Kansas City,39.10,-94.58,MO|Saint Louis,38.63,-90.20,MO|St. Louis,38.63,-90.20,MO|Omaha,41.26,-95.93,NE
Des Moines,41.59,-93.62,IA|Oklahoma City,35.47,-97.52,OK|Tulsa,36.15,-95.99,OK|Honolulu,21.31,-157.86,HI|Anchorage,61.22,-149.90,AK
Toronto,43.65,-79.38,ON,CA|Montreal,45.50,-73.57,QC,CA|Vancouver,49.28,-123.12,BC,CA|Calgary,51.05,-114.07,AB,CA|Ottawa,45.42,-75.70,ON,CA
London,51.51,-0.13,,GB|Manchester,53.48,-2.24,,GB|Edinburgh,55.95,-3.19,,GB|Dublin,53.35,-6.26,,IE|Paris,48.86,2.35,,FR|Nice,43.70,7.27,,FR
Lyon,45.76,4.84,,FR|Berlin,52.52,13.41,,DE|Munich,48.14,11.58,,DE|Hamburg,53.55,9.99,,DE|Frankfurt,50.11,8.68,,DE|Cologne,50.94,6.96,,DE
Madrid,40.42,-3.70,,ES|Barcelona,41.39,2.17,,ES|Lisbon,38.72,-9.14,,PT|Rome,41.90,12.50,,IT|Milan,45.46,9.19,,IT|Florence,43.77,11.26,,IT
Venice,45.44,12.32,,IT|Amsterdam,52.37,4.90,,NL|Brussels,50.85,4.35,,BE|Vienna,48.21,16.37,,AT|Zurich,47.38,8.54,,CH|Geneva,46.20,6.14,,CH
Copenhagen,55.68,12.57,,DK|Stockholm,59.33,18.07,,SE|Oslo,59.91,10.75,,NO|Helsinki,60.17,24.94,,FI|Warsaw,52.23,21.01,,PL|Prague,50.08,14.44,,CZ
Budapest,47.50,19.04,,HU|Athens,37.98,23.73,,GR|Istanbul,41.01,28.98,,TR|Tel Aviv,32.09,34.78,,IL|Jerusalem,31.77,35.21,,IL|Dubai,25.20,55.27,,AE
Cairo,30.04,31.24,,EG|Nairobi,-1.29,36.82,,KE|Cape Town,-33.92,18.42,,ZA|Mumbai,19.08,72.88,,IN|Delhi,28.61,77.21,,IN|Bangalore,12.97,77.59,,IN
Bangkok,13.76,100.50,,TH|Singapore,1.35,103.82,,SG|Hong Kong,22.32,114.17,,HK|Taipei,25.03,121.57,,TW|Beijing,39.90,116.41,,CN|Shanghai,31.23,121.47,,CN
Seoul,37.57,126.98,,KR|Tokyo,35.68,139.69,,JP|Kyoto,35.01,135.77,,JP|Osaka,34.69,135.50,,JP|Sydney,-33.87,151.21,,AU|Melbourne,-37.81,144.96,,AU
Auckland,-36.85,174.76,,NZ|Mexico City,19.43,-99.13,,MX|Cancun,21.16,-86.85,,MX|Sao Paulo,-23.55,-46.63,,BR|Rio de Janeiro,-22.91,-43.17,,BR
Buenos Aires,-34.60,-58.38,,AR|Lima,-12.05,-77.04,,PE|Bogota,4.71,-74.07,,CO|Reykjavik,64.15,-21.94,,IS
"""


@lru_cache(maxsize=1)
def cities() -> dict[str, City]:
    """Cities by their name in lower case; the ones callers name most, not an atlas."""
    found: dict[str, City] = {}
    for line in _CITIES.strip().replace("\n", "|").split("|"):
        name, latitude, longitude, state, *country = line.split(",")
        city = City(name, float(latitude), float(longitude), state, country[0] if country else "US")
        found[name.lower()] = city
    return found


def city_in(place: str) -> City | None:
    """The known city a place names: "downtown Sacramento", "Portland, Oregon"."""
    words = place.lower().replace(",", " ").replace("'s", "").split()
    for size in (3, 2, 1):
        for start in range(len(words) - size + 1):
            city = cities().get(" ".join(words[start : start + size]))
            if city is not None:
                return city
    return None
