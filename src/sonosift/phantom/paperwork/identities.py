"""Invented people and hospitals. Nobody here exists; the names are only spelled as awkwardly as real ones."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

_FAMILY = (
    "Müller", "Hansen", "O'Brien", "Smith", "Garcia Lopez", "Rossi", "Nowak", "Dubois", "Svensson", "van der Berg",
    "Yılmaz", "Silva", "Kowalski", "Fischer", "Lefèvre", "Jones", "Brown-Taylor", "Andersson", "Bianchi", "Novák",
    "Petrov", "Nguyen", "Tanaka", "Okafor", "Ali", "Haddad", "Costa", "Weiß", "Dupont", "Martin", "Lindqvist",
    "Moreau", "Schröder", "Keller", "Björk", "McAllister", "Ferreira", "Santos", "Horvath", "Lee", "Green", "Young",
    "Long", "White", "Liverani", "Renal", "Bauer", "Zimmermann", "Achterberg", "Quist", "Øverland", "Ibáñez",
)  # fmt: skip
_GIVEN = {
    "F": ("Anna", "Élodie", "Maria", "Ingrid", "Zoë", "Fatima", "Mary Jane", "Chiara", "Agnieszka", "Sofie", "Ayşe",
          "Hannah", "Grace", "Yuki", "Ngozi", "Beatriz", "Käthe", "Louise", "Renata", "May", "April", "Joy"),
    "M": ("Erik", "José", "Hans-Peter", "John", "Luca", "Piotr", "Jean-Luc", "Ole", "Mehmet", "David", "Kenji",
          "Emeka", "Omar", "Jürgen", "Tomáš", "Paul", "Will", "Mark", "Grant", "Søren", "André", "Viktor"),
}  # fmt: skip
_TOWNS = ("Eastbrook", "Nordhaven", "Sankt Alban", "Valmont", "Lakefield", "Monte Verde", "Birkedal", "Oldcastle")
_HOSPITAL_FORMS = (
    "{town} General Hospital", "Klinikum {town}", "CHU de {town}", "{town} Univ. Med. Ctr", "{town} Sygehus",
    "St. Luke's Hospital {town}", "{town} Imaging Center", "Ospedale di {town}",
)  # fmt: skip
_STREETS = ("Harbour Road", "Lindenweg", "Rue des Tilleuls", "Mill Lane", "Kirkegata", "Via Roma", "Elm Street")


@dataclass(frozen=True)
class Patient:
    """An invented patient.

    Attributes:
        key: The true id in the truth tables; never written into the archive.
        family: Family name as it is properly spelled.
        given: Given name likewise.
        sex: F or M.
        birth: Date of birth.
        number: The hospital's patient number.
        insurance: A second number, of another issuer.
        phone: Telephone number.
        address: Street and town.
    """

    key: str
    family: str
    given: str
    sex: str
    birth: date
    number: str
    insurance: str
    phone: str
    address: str

    @property
    def dicom_name(self) -> str:
        """The name as a DICOM person name."""
        return f"{self.family}^{self.given}"

    @property
    def screen_name(self) -> str:
        """The name as an old machine's screen and file system can show it: capitals without accents."""
        return f"{plain_letters(self.family)}, {plain_letters(self.given)}".upper()


@dataclass(frozen=True)
class Hospital:
    """An invented hospital and the people who work there."""

    name: str
    address: str
    phone: str
    department: str
    issuer: str
    physicians: tuple[str, ...]
    operators: tuple[str, ...]


_LETTERS = str.maketrans({"ß": "ss", "ı": "i", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Æ": "AE", "æ": "ae"})


def plain_letters(text: str) -> str:
    """Fold accents away, as file systems and old screens do.

    >>> plain_letters("Øverland, Élodie Weiß")
    'Overland, Elodie Weiss'
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return decomposed.encode("ascii", "ignore").decode("ascii")


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _digits(rng: np.random.Generator, count: int) -> str:
    # The first digit is never 0: a number that loses its leading zero on the way would not be found again.
    return str(rng.integers(1, 10)) + "".join(str(digit) for digit in rng.integers(0, 10, count - 1))


def draw_hospital(rng: np.random.Generator) -> Hospital:
    """Invent one hospital."""
    town = _pick(rng, _TOWNS)
    people = [f"{_pick(rng, _FAMILY)}^{_pick(rng, _GIVEN[_pick(rng, ('F', 'M'))])}^^Dr" for _ in range(4)]
    initials = [f"{name.split('^')[0][:1]}{name.split('^')[1][:1]}" for name in people]
    return Hospital(
        name=_pick(rng, _HOSPITAL_FORMS).format(town=town),
        address=f"{_pick(rng, _STREETS)} {rng.integers(1, 200)}, {_digits(rng, 5)} {town}",
        phone=f"+{rng.integers(31, 50)} {_digits(rng, 3)} {_digits(rng, 6)}",
        department=_pick(rng, ("Radiology", "Ultrasound", "Gastroenterology", "Sonografie")),
        issuer=plain_letters(town).upper().replace(" ", "_") + "_HIS",
        physicians=tuple(people[:2]),
        operators=(people[2], people[3], plain_letters(initials[2]).upper()),
    )


def draw_patients(rng: np.random.Generator, count: int) -> tuple[Patient, ...]:
    """Invent ``count`` patients with distinct numbers; about one in fifteen shares the name of an earlier one."""
    patients: list[Patient] = []
    numbers: set[str] = set()
    for index in range(count):
        sex = _pick(rng, ("F", "M"))
        family, given = _pick(rng, _FAMILY), _pick(rng, _GIVEN[sex])
        if patients and (index == 3 or rng.random() < 0.05):
            namesake = patients[int(rng.integers(len(patients)))]
            family, given, sex = namesake.family, namesake.given, namesake.sex
        number = _digits(rng, 7)
        while number in numbers:
            number = _digits(rng, 7)
        numbers.add(number)
        patients.append(
            Patient(
                key=f"P{index:05d}",
                family=family,
                given=given,
                sex=sex,
                birth=date(1930, 1, 1) + timedelta(days=int(rng.integers(0, 27000))),
                number=number,
                insurance=f"{chr(65 + int(rng.integers(26)))}{_digits(rng, 9)}",
                phone=f"0{_digits(rng, 3)}-{_digits(rng, 6)}",
                address=f"{_pick(rng, _STREETS)} {rng.integers(1, 200)}, {_pick(rng, _TOWNS)}",
            )
        )
    return tuple(patients)
