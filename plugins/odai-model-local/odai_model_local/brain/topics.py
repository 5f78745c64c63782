"""What people ask assistants about: to say what cannot be looked up by its name, and to know what no tool does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Topic:
    """A subject of requests."""

    spoken: str
    """As the start of a sentence: "Restaurants"."""
    words: frozenset[str]
    """Stems: one of them in a tool's text means that the tool covers the topic."""
    phrases: tuple[str, ...]

    @property
    def verb(self) -> str:
        """ "Restaurants aren't", "The weather isn't"."""
        singular = {"time", "sport", "the", "music", "advice", "that"}
        return "isn't" if self.spoken.lower().split()[0] in singular else "aren't"


def _topic(spoken: str, words: str, *phrases: str) -> Topic:
    return Topic(spoken, frozenset(words.split()), phrases)


TOPICS: Final = (
    _topic("Restaurants", "restaurant cafe food sushi pizza taco ramen burrito coffee dinner lunch brunch bar eat yelp business",
           "find sushi near Union Square", "where can I get tacos", "best pizza place in town", "a good restaurant for dinner", "find a coffee shop"),
    _topic("Local businesses", "business plumber dentist mechanic salon barber electrician yelp",
           "I'm looking for a plumber", "find a dentist near me", "is there a hair salon close by"),
    _topic("Flights", "flight airline airplane plane airport", "is my flight on time", "when does Delta 113 land", "what's the status of United 456", "which gate does the plane leave from"),
    _topic("Trains", "train amtrak railway railroad caltrain", "is my train late", "where is Amtrak train 2150", "when is the next train"),
    _topic("The weather", "weather forecast rain snow temperature umbrella sunny degree", "what's the weather in Boston", "will it rain tomorrow", "how cold is it outside", "what's the forecast for the weekend"),
    _topic("Stock prices", "stock share ticker finnhub", "what's Apple stock at", "how is Tesla trading today", "how much is a share of Nvidia"),
    _topic("Cryptocurrencies", "crypto cryptocurrency bitcoin ethereum coin dogecoin", "what's the price of bitcoin", "how is ethereum doing"),
    _topic("The news", "news headline story article", "what's in the news today", "read me the headlines", "any news about the election"),
    _topic("Events", "concert event ticket venue ticketmaster festival show tour game", "what concerts are in town this weekend", "tickets for Taylor Swift", "find a basketball game to go to"),
    _topic("Movies", "movie film cinema theater showtime", "what movies are playing tonight", "find a movie theater near me", "showtimes for Dune"),
    _topic("Packages", "package parcel tracking shipment delivery", "where is my package", "track my parcel", "when will my delivery arrive"),
    _topic("Hotels", "hotel motel accommodation tripadvisor", "find a hotel in Lisbon", "where can I stay in Miami", "book a room for two nights"),
    _topic("Attractions", "attraction sightseeing tourist tripadvisor museum", "what is there to see in Rome", "things to do in Barcelona"),
    _topic("Products", "product shopping buy price amazon", "how much do running shoes cost", "I want to buy a vacuum", "find a cheap laptop"),
    _topic("Exchange rates", "currency exchange euro dollar conversion", "how many euros is a hundred dollars", "what's the exchange rate of the yen"),
    _topic("Web pages", "website page url site", "read the website example.com", "open the page python.org"),
    _topic("Questions about the world", "web internet google wikipedia", "who is the president of France", "what is the capital of Peru", "how tall is Mount Everest", "search the web for a recipe", "who invented the telephone"),
)
"""Subjects that a connector may cover."""

UNDOABLE: Final = (
    _topic("Timers and alarms", "timer alarm reminder stopwatch", "set a timer for ten minutes", "wake me up at seven", "remind me to call the doctor", "set an alarm for six"),
    _topic("Music", "music song playlist album spotify", "play some music", "play the next song", "turn up the volume", "play a song by the Beatles"),
    _topic("Lights and devices at home", "light thermostat lamp", "turn off the lights", "set the thermostat to seventy", "lock the front door"),
    _topic("Calls and messages", "message text sms whatsapp voicemail", "call my mom", "send a text message to Anna", "text my brother that I'm late", "phone the office"),
    _topic("E-mails", "email mail inbox gmail", "send an email to my boss", "read my email", "do I have new mail"),
    _topic("Calendars", "calendar meeting appointment schedule", "what's on my calendar", "schedule a meeting for Monday", "add an appointment"),
    _topic("Bookings", "book reservation reserve", "book a table for four", "make a reservation", "order me a taxi", "buy two tickets and pay for them"),
    _topic("Jokes and stories", "joke riddle poem story", "tell me a joke", "sing me a song", "tell me a story", "write a poem"),
    _topic("Bank accounts", "bank account balance transaction plaid", "what's my account balance", "how much did I spend last month", "transfer money to my savings"),
    _topic("Directions", "direction route navigate traffic map", "give me directions to the airport", "how is the traffic on the bridge", "how do I drive to Oakland"),
    _topic("Translations", "translate translation spanish french", "translate good morning into Spanish", "how do you say thank you in French"),
    _topic("Sums", "calculate arithmetic plus multiply percent", "what is twelve times nine", "calculate fifteen percent of eighty"),
    _topic("Advice on health or law", "doctor medical lawyer legal diagnosis", "I have a headache, what should I do", "can I sue my landlord"),
    _topic("That", "", "I love you", "you are stupid", "what is the meaning of life", "do you dream", "I'm bored", "this is just a test"),
)
"""Subjects that are named when nobody covers them; a connector that does covers them like any other."""
