"""Names, streets and towns of a large made-up practice. Nobody is called like that but by chance."""

from random import Random

_WOMEN = ["Ada", "Agnes", "Alba", "Amaya", "Anouk", "Astrid", "Beata", "Bianca", "Carmen", "Celia", "Clara", "Dalia", "Delia", "Edith", "Elin", "Elsa", "Esme", "Eva", "Farah", "Fern", "Flora", "Freya", "Gemma", "Greta", "Hana", "Hazel", "Heidi", "Ida", "Ines", "Inga", "Iris", "Isla", "Ivy", "Jana", "Joan", "June", "Kaia", "Keiko", "Lara", "Leila", "Lena", "Lila", "Linnea", "Lotte", "Lucia", "Luz", "Mabel", "Maja", "Mara", "Marta", "Mei", "Mina", "Mira", "Nadia", "Nell", "Nina", "Noor", "Nora", "Olive", "Opal", "Paloma", "Pearl", "Petra", "Pia", "Qadira", "Ramona", "Rhea", "Rita", "Rosa", "Ruth", "Salma", "Selma", "Sigrid", "Silvia", "Sofia", "Stella", "Tala", "Tess", "Thea", "Uma", "Vera", "Vida", "Viola", "Willa", "Wren", "Xenia", "Yara", "Yuki", "Zadie", "Zelda", "Zora"]
_MEN = ["Abel", "Adil", "Alvar", "Amos", "Anders", "Ansel", "Arlo", "Arturo", "Axel", "Basil", "Bela", "Bjorn", "Boris", "Bruno", "Caleb", "Cato", "Cyrus", "Dario", "David", "Diego", "Edgar", "Elias", "Emil", "Enzo", "Ezra", "Felix", "Finn", "Florian", "Gael", "Gideon", "Gustav", "Hamid", "Hector", "Henrik", "Hugo", "Idris", "Igor", "Ilya", "Isaac", "Ivan", "Jasper", "Joao", "Joel", "Jonas", "Joris", "Kai", "Kenji", "Khalil", "Kurt", "Lars", "Leo", "Linus", "Luca", "Magnus", "Malik", "Marco", "Milo", "Moses", "Nabil", "Nico", "Niels", "Noel", "Oleg", "Omar", "Orson", "Oskar", "Otto", "Owen", "Pablo", "Pavel", "Percy", "Rafi", "Ravi", "Remy", "Rene", "Ruben", "Rufus", "Samir", "Saul", "Silas", "Simon", "Soren", "Sven", "Tariq", "Theo", "Tobias", "Tomas", "Ulf", "Umar", "Victor", "Viggo", "Walid", "Wilbur", "Xavier", "Yann", "Yusuf", "Zane", "Zeno"]
_FIRST = ["Alder", "Amber", "Ash", "Barley", "Birch", "Bramble", "Briar", "Cedar", "Clover", "Copper", "Crane", "Elm", "Ember", "Fallow", "Fern", "Finch", "Flint", "Hart", "Hazel", "Heron", "Holly", "Juniper", "Larch", "Linden", "Maple", "Marl", "Mill", "Moss", "Oak", "Otter", "Pine", "Quarry", "Raven", "Reed", "Rowan", "Rush", "Sage", "Shale", "Sorrel", "Stone", "Swan", "Thistle", "Thorn", "Vale", "Wheat", "Willow", "Wren", "Yarrow"]
_LAST = ["bank", "bridge", "brook", "by", "croft", "dale", "den", "field", "ford", "gate", "grove", "ham", "hurst", "ington", "land", "ley", "low", "man", "mere", "more", "ridge", "shaw", "side", "smith", "stead", "ton", "ward", "water", "wick", "wood", "worth"]
_STREETS = ["Alpine", "Antler", "Bluebell", "Canyon", "Chokecherry", "Columbine", "Cutthroat", "Dogwood", "Elkhorn", "Foxtail", "Harebell", "Kestrel", "Lupine", "Magpie", "Meadowlark", "Mica", "Paintbrush", "Ptarmigan", "Quartz", "Sagebrush"]
_WAYS = ["Avenue", "Circle", "Court", "Drive", "Lane", "Place", "Road", "Street", "Trail", "Way"]
TOWNS = (("Pinyon Falls", "80931"), ("Alder Springs", "80932"), ("Mesa Bend", "80933"), ("Fort Larkin", "80934"), ("Dry Gulch", "80935"))


def given(chance: Random, sex: str) -> str:
    """A given name."""
    return chance.choice(_WOMEN if sex == "F" else _MEN)


def family(chance: Random) -> str:
    """A family name, one of some 1,500."""
    return chance.choice(_FIRST) + chance.choice(_LAST)


def home(chance: Random) -> dict[str, str]:
    """An address."""
    city, postal_code = chance.choice(TOWNS)
    street = f"{chance.randint(2, 980)} {chance.choice(_STREETS)} {chance.choice(_WAYS)}"
    return {"address_1": street, "city": city, "state": "CO", "postal_code": postal_code}


def phone(number: int) -> str:
    """A telephone number that is nobody's, another one for each of 70,000 people."""
    return f"{201 + number // 100 % 700}-555-01{number % 100:02d}"
