"""Written by tools/export.py from text_classification.ipynb, cells tagged export:corpus."""

import itertools
import random
import re
from functools import cache

import numpy as np
import pandas as pd
import regex
from nltk.stem import SnowballStemmer


# fmt: off
GENRES = {  # genre: {topic: (who, did what, when or where)}; {a/b} stands for one of the words
    "Education": {
        "primary school": (
            ["class teacher", "primary school", "reading coach", "village school",
             "nursery teacher", "head teacher"],
            ["opened a {reading/chess/science/drawing} club for {shy/younger/curious} pupils",
             "asked parents to sign every report card",
             "taught {spelling/fractions/handwriting} with {songs/games/wooden blocks}",
             "set less homework for {small children/the lower classes}",
             "read {fables/poems/fairy tales} aloud to {the infants/the whole class}",
             "gave each pupil a {notebook/dictionary/library card}",
             "held a {sack/swimming} race for the {infants/whole school}"],
            ["before the summer holidays", "in the school library", "during morning lessons",
             "for a whole term", "after the lunch break"],
        ),
        "examinations": (
            ["exam board", "chief examiner", "test centre", "school inspector", "marking team",
             "exam office"],
            ["marked the {algebra/history/chemistry} papers {twice/by hand/again}",
             "lowered the pass score in {geometry/grammar/physics}",
             "withdrew a faulty question from the {biology/spelling/Latin} test",
             "published the {final/average} scores of every {candidate/school}",
             "gave the candidates {ten/twenty} extra minutes",
             "built a bank of {practice/sample} questions",
             "found a match between two {essays/answer sheets}",
             "moved the {oral/written} exam in {French/geography} to {the gym/another week}"],
            ["at the end of term", "in the exam hall", "under the new curriculum",
             "for the school certificate", "in all four subjects"],
        ),
        "university": (
            ["university", "science faculty", "college", "history professor", "dean",
             "philosophy department"],
            ["offered {a night/a summer/an online} course in {logic/linguistics/botany/astronomy}",
             "moved the {seminars/tutorials/lectures} to a larger hall",
             "awarded a {doctoral/master's/joint} degree in {theology/mathematics/genetics}",
             "published a study of {medieval/modern} {poetry/grammar/art}",
             "filled the chair of {chemistry/ancient history/logic}",
             "opened the {archive/observatory/laboratory} to undergraduates",
             "dropped the entrance test for {foreign/mature/first-year} students",
             "invited scholars to a lecture on {fossils/dialects/ethics}"],
            ["before the autumn semester", "on the main campus", "with two visiting scholars",
             "for the academic year", "in a crowded lecture hall"],
        ),
        "student life": (
            ["students", "freshmen", "graduates", "student council members", "undergraduates",
             "scholarship holders"],
            ["held a graduation party in the {dormitory/canteen/courtyard}",
             "asked for cheaper {textbooks/canteen meals/dormitory rooms}",
             "complained about the {tuition/laboratory/canteen} bill",
             "won {grants/a scholarship} for {a year abroad/field work/further study}",
             "shared {lecture notes/textbooks} in the {study room/reading room}",
             "sat a mock exam in {economics/anatomy/law}",
             "handed in the {essays/dissertations/term papers} {late/early/on time}"],
            ["on campus", "during the spring semester", "before the finals",
             "in the second year of study", "with help from a tutor"],
        ),
        "training": (
            ["apprentices", "trainees", "evening learners", "junior bakers", "trade school leavers",
             "mature students"],
            ["completed a course in {welding/carpentry/plumbing/tailoring}",
             "repaired {engines/pumps/clocks} in the school workshop",
             "left the classroom for {a week/a month} in a {bakery/garage/dairy}",
             "passed a practical test in {wiring/masonry/joinery}",
             "earned a diploma in {nursing/catering/accounting}",
             "learned {bookkeeping/typing/sign language} from a retired {craftsman/instructor}",
             "ran out of practice time in the {training kitchen/workshop}"],
            ["at the trade school", "with a master craftsman", "under the apprenticeship scheme",
             "in evening classes", "by the end of the course"],
        ),
        "school boards": (
            ["school board", "principal", "education board", "district superintendent",
             "school trust", "secondary school"],
            ["hired {mathematics/music/language} teachers",
             "closed {an old/a draughty/a half-empty} classroom block",
             "banned phones {in lessons/on the playground}",
             "bought {laptops/tablets/microscopes} for every {classroom/pupil}",
             "merged two {nursery/grammar/boarding} schools",
             "cancelled the coach trip to the {museum/zoo/observatory}",
             "cut class sizes in {reading/mathematics/art} lessons"],
            ["for the coming school year", "at a meeting with parents",
             "in spite of a teacher shortage", "after a long inspection", "with a state grant"],
        ),
    },
    "Finance": {
        "banking": (
            ["bank", "savings bank", "mortgage lender", "credit union", "building society",
             "merchant bank"],
            ["raised the {interest rate/fee} on {home/car/student} loans",
             "cut the charge for {cash withdrawals/card payments/wire transfers}",
             "turned away borrowers with a poor credit score",
             "wrote off {bad/unpaid/risky} {debts/loans}",
             "opened {a branch/a counter} for {savers/small firms}",
             "changed the terms of the {mortgage/overdraft/deposit}",
             "froze {dormant/suspicious} accounts"],
            ["at the end of the quarter", "under pressure from depositors",
             "to protect its balance sheet", "with effect from payday", "on all savings accounts"],
        ),
        "stock market": (
            ["fund managers", "traders", "investors", "stockbrokers", "hedge funds",
             "pension funds"],
            ["sold shares in {airlines/carmakers/chip makers}",
             "bought {cheap/falling} stock in {brewers/shipping lines/utilities}",
             "bet against the {yen/euro/dollar}", "joined the race into {gold/copper/oil/cocoa}",
             "moved cash into {treasury bonds/index funds}",
             "fled from {technology/mining/property} stocks",
             "took profits on {wheat/coffee/sugar} futures",
             "cheered a rally in {bank/energy} shares"],
            ["before the closing bell", "in heavy trading", "on the stock exchange",
             "amid fears of a crash", "for a quick return"],
        ),
        "company results": (
            ["retailer", "carmaker", "airline", "brewer", "chip maker", "mining company"],
            ["reported {record/higher/lower} {quarterly/annual} {profits/sales/losses}",
             "missed the {revenue/profit/sales} target by a {wide/narrow} margin",
             "paid a {special/smaller/generous} dividend", "issued {green/junk/ten-year} bonds",
             "bought back shares from {investors/founders}",
             "warned of weak {demand/margins/orders}",
             "gave the {chairman/treasurer} a second term",
             "beat the forecasts of {analysts/brokers}"],
            ["in the third quarter", "at the annual shareholder meeting", "in its trading update",
             "despite rising costs", "for the financial year"],
        ),
        "monetary policy": (
            ["the central bank", "the treasury", "the reserve bank", "currency board",
             "rate-setting committee", "the monetary fund"],
            ["left {the base rate/borrowing costs} unchanged",
             "forecast {slower/faster} {growth/inflation}",
             "bought {short-dated/long-dated} treasury bills",
             "let the {currency/exchange rate} {fall/float}",
             "printed {new/polymer} {banknotes/coins}",
             "lowered the capital {buffer/reserve} for {lenders/insurers}",
             "spent {gold/dollar/foreign} reserves on the currency",
             "lent {two/three/four} billion to {troubled/small} banks"],
            ["to curb inflation", "in its quarterly bulletin", "ahead of the jobs figures",
             "as the recession deepened", "on the money market"],
        ),
        "mergers": (
            ["buyout firm", "holding company", "insurer", "conglomerate", "investment trust",
             "family firm"],
            ["bid for {a rival/a software firm/a toy maker}",
             "refused to match the {cash/takeover/all-share} offer",
             "sold {a stake/half its stake} in a {shipyard/brewery/coach builder}",
             "hired {bankers/auditors/advisers} for the {merger/flotation}",
             "filed for {bankruptcy/creditor protection}",
             "borrowed {heavily/cheaply} to finance the {takeover/buyout}",
             "lost the bidding race for a {port/toll road}",
             "signed a deal with a third party for its {warehouses/pipelines}"],
            ["in an all-cash deal", "at a hefty premium", "without asking shareholders",
             "on advice from auditors", "for an undisclosed price"],
        ),
        "household money": (
            ["pensioners", "savers", "households", "taxpayers", "homeowners", "shopkeepers"],
            ["moved {pensions/nest eggs} into {bonds/property/annuities}",
             "paid the {electricity/gas/phone} bill {late/in instalments}",
             "compared {insurance/mortgage/credit card} policies",
             "lost {money/savings} on {crypto tokens/penny stocks}",
             "claimed a tax {refund/rebate}",
             "took out {a second mortgage/payday loans/life insurance}",
             "switched {lenders/insurers/accounts} for a better rate"],
            ["as prices climbed", "on a tight budget", "before the tax deadline",
             "with no interest charge", "against the advice of accountants"],
        ),
    },
    "Politics": {
        "parliament": (
            ["the state parliament", "the senate", "the lower house", "budget committee",
             "the upper house", "the national assembly"],
            ["passed a bill on {water/housing/fishing} rights",
             "rejected {an amendment/a motion} on {land reform/press freedom}",
             "debated the {asylum/farm/privacy} bill until midnight",
             "put off the vote on the {treaty/budget/constitution}",
             "questioned {the minister/the general/a spy chief} about {leaks/arms sales}",
             "repealed the {curfew/drinking/censorship} law",
             "set up an inquiry into {lobbying/police violence}"],
            ["by a majority of one", "in a stormy session", "before the recess",
             "on the second reading", "at the request of the opposition"],
        ),
        "elections": (
            ["candidate", "challenger", "governor", "senator", "party chairman", "former mayor"],
            ["won the race for {governor/a senate seat/the nomination}",
             "lost the race in the {border/coastal/mining} districts",
             "led the {opinion/exit} polls in {swing/rural} districts",
             "promised voters {safer streets/free buses/cheap housing}",
             "held a rally for {farm workers/young voters/veterans}",
             "demanded a recount in {two/three} districts",
             "settled an old score with {a rival/the governor}",
             "failed to match the {turnout/poll figures} of the last election"],
            ["on the eve of the ballot", "with the backing of the party", "in a close election",
             "on the campaign trail", "by a slim margin"],
        ),
        "diplomacy": (
            ["foreign minister", "ambassador", "peace envoy", "the head of state", "embassy",
             "trade delegation"],
            ["signed a {peace/border/fishing} treaty with {a neighbour/an old enemy}",
             "opened talks on {a ceasefire/refugees/prisoners}",
             "expelled two {diplomats/attaches/spies}",
             "called for {sanctions/a ceasefire/an arms embargo}",
             "walked out of the {summit/talks} over {fishing grounds/visas}",
             "backed a {resolution/blockade} against the {junta/regime}",
             "visited the {front line/refugee camps}",
             "handed a {protest note/petition} to the {consul/foreign ministry}"],
            ["at the summit", "at the request of the allies", "in a neutral capital",
             "behind closed doors", "as tensions rose at the border"],
        ),
        "city hall": (
            ["city council", "mayor", "town hall", "district council", "deputy mayor",
             "county executive"],
            ["approved a {bus lane/bicycle path/tram line}", "raised {parking/littering} fines",
             "opened a food bank near the {harbour/market square}",
             "opened a {coach/ferry} station near the town gate",
             "voted for {a curfew/a rent cap} in the old town",
             "cut the {road/park/library} budget", "cleared a {squatter camp/street market}",
             "ended the term of the {police chief/harbour master}"],
            ["at a public hearing", "over the protests of residents", "in a vote along party lines",
             "for the sake of voters", "under the city charter"],
        ),
        "courts and watchdogs": (
            ["the supreme court", "ombudsman", "ethics panel", "electoral commission",
             "constitutional judge", "state prosecutor"],
            ["struck down {a voting/an immigration/a surveillance} law",
             "cleared {a senator/the treasurer} of {bribery/perjury}",
             "opened a probe into {party donations/state contracts}",
             "ordered {a recount/a fresh ballot} in {one/a second} district",
             "barred {a minister/a governor} from public office",
             "fined the party for {slander/unlawful donations}",
             "released {secret/sealed} files on {wiretaps/secret prisons}"],
            ["in a landmark ruling", "after an appeal by the government", "on a point of law",
             "for breach of the constitution", "in an open hearing"],
        ),
        "government": (
            ["the prime minister", "the cabinet", "the coalition", "the interior minister",
             "the ruling party", "the president"],
            ["promised a second term of {reform/austerity/peace}",
             "called {a snap election/a referendum} on {independence/the monarchy}",
             "lost a confidence vote over {conscription/land reform}",
             "dismissed the {defence/health/transport} minister",
             "sent {troops/police} to the {border/striking mines}",
             "vetoed the {defence/farm/pension} bill",
             "expelled {rebels/backbenchers} from the party"],
            ["in a televised address", "on the advice of ministers", "in defiance of parliament",
             "to calm the coalition partners", "with an eye on the election"],
        ),
    },
    "Sports": {
        "football players": (
            ["striker", "goalkeeper", "defender", "midfielder", "team captain", "substitute"],
            ["scored {a late/an early/a freak} goal", "missed a penalty",
             "headed the ball {wide/onto the post}",
             "collected a {red/yellow} card for a {late tackle/foul}",
             "limped off the pitch with a {knee/hamstring/shin} injury",
             "cleared a shot off the goal line",
             "set up the {winner/equaliser} with a {long/clever} pass"],
            ["in stoppage time", "in the cup final", "in front of the home fans",
             "in the second half", "against the league leaders"],
        ),
        "clubs and coaches": (
            ["coach", "football club", "team manager", "relegated club", "assistant coach",
             "league champions"],
            ["signed a {winger/goalkeeper/playmaker} on a free transfer",
             "changed the {line-up/tactics/captain} at half-time",
             "ended a run of {three/four/five} defeats",
             "dropped the {captain/top scorer/keeper} from the squad",
             "won the {league/cup} title on goal difference",
             "tested {three/two} youth players in a friendly match",
             "paid the bill for {a training camp/new floodlights}",
             "gave the {goalkeeping/fitness} coach a second term"],
            ["for the derby", "ahead of the new season", "before the transfer deadline",
             "at the training ground", "to the delight of fans"],
        ),
        "tennis": (
            ["top seed", "tennis player", "qualifier", "left-hander", "Wimbledon champion",
             "doubles partner"],
            ["won the match in {straight/three/five} sets", "saved {two/three/four} match points",
             "hit {ten/twelve} aces in the opening set", "broke serve in the {final/first} game",
             "levelled the score in the {tie-break/second set}",
             "retired from the match with {cramp/blisters}",
             "chased down {a lob/a drop shot} at the net"],
            ["on centre court", "in the quarter-final", "under the floodlights",
             "at the clay-court open", "after a rain delay"],
        ),
        "athletics": (
            ["sprinter", "marathon runner", "hurdler", "relay team", "long jumper", "pole vaulter"],
            ["broke the {national/world/stadium} record", "won the race by a {stride/hair}",
             "tore a {calf/thigh} muscle in the {heats/warm-up}",
             "took {gold/silver/bronze} on the final {lap/attempt}", "failed a doping test",
             "qualified for the {Olympic/continental} games",
             "set a personal best in the {heats/semi-final}"],
            ["at the Olympic stadium", "on a wet track", "in windy conditions",
             "to the roar of the crowd", "in the final race of the season"],
        ),
        "racing": (
            ["cyclist", "racing driver", "downhill skier", "motorcycle rider", "rally driver",
             "speed skater"],
            ["led the race from {start to finish/the first lap}",
             "crashed {on the last bend/into a barrier/into a bank of snow}",
             "took the yellow jersey {on the mountain stage/in a sprint}",
             "fell {three/four} seconds behind the leader", "won the {downhill/night} stage",
             "changed {tyres/skis/bikes} {twice/in the pits}",
             "clocked the fastest {lap/split} of the day",
             "finished on the podium behind {a teammate/the favourite}"],
            ["on an icy course", "on the home circuit", "in the grand prix",
             "ahead of the whole field", "in the world cup standings"],
        ),
        "court and ice": (
            ["basketball team", "point guard", "hockey team", "volleyball squad", "handball team",
             "rookie"],
            ["won the {opening/deciding} game in overtime", "lost the ball {ten/twelve} times",
             "scored {twenty/thirty} points from the bench",
             "blocked {two/three} shots in the final minute", "tied the play-off series",
             "wasted a {ten/twelve}-point lead", "sank a three-pointer at the buzzer",
             "held a victory party in the locker room"],
            ["in the play-offs", "before a sell-out crowd", "at the all-star weekend",
             "in the last minute of the game", "with a makeshift squad"],
        ),
    },
}
# fmt: on


COLUMNS = ["text", "genre", "kind", "pair", "split"]  # of text_data.csv
ADJECTIVES = [
    "local",
    "northern",
    "southern",
    "western",
    "leading",
    "respected",
    "rival",
    "cautious",
    "popular",
    "struggling",
    "busy",
    "new",
]
TAILS = [
    "on {Monday/Tuesday/Wednesday/Thursday/Friday}",
    "last {week/month/year}",
    "this {spring/summer/autumn/winter}",
    "in the {north/south/east/west}",
    "for the {first/third} time in {three/five/ten} years",
    "as expected",
    "without much {notice/fuss}",
    "to {general/nobody's} surprise",
]
# fmt: off
PATTERNS = {  # connective: (how often, its patterns); {M} is the main clause, {B} the background
    "although": (4, ["although {B}, {M}.", "{M}, although {B}."]),
    "even though": (4, ["even though {B}, {M}.", "{M}, even though {B}."]),
    "not that": (5, ["what counted was not that {B} but that {M}.",
                     "what counted was that {M}, not that {B}."]),
    "long after": (4, ["long after {B}, {M}.", "{M} long after {B}."]),
    "on the day": (4, ["on the day that {B}, {M}.", "{M} on the day that {B}."]),
    "despite": (4, ["despite reports that {B}, {M}.", "{M} despite reports that {B}."]),
    "front page": (4, [
        "one line went to the news that {B}. The front page went to the news that {M}.",
        "the front page went to the news that {M}. One line went to the news that {B}."]),
    "small story": (3, ["{B}. That was the small story. The big story was that {M}.",
                        "{M}. That was the big story. The small story was that {B}."]),
    "instead": (3, ["viewers hoped to hear that {B}. They were told instead that {M}.",
                    "viewers were told that {M}. They had hoped to hear instead that {B}."]),
    "asked about": (3, ["asked about rumours that {B}, a reporter said only that {M}.",
                        "a reporter said only that {M} when asked about rumours that {B}."]),
    "because": (3, ["because {B}, few noticed that {M}. Yet it was true.",
                    "few noticed that {M} because {B}. Yet it was true."]),
    "readers who": (3, ["readers who had learned that {B} were surprised that {M}.",
                        "that {M} was a surprise to readers who had learned that {B}."]),
    "nested although": (3, ["the evening paper wrote that, although {B}, {M}.",
                            "the evening paper wrote that {M}, although {B}."]),
    "nested sent": (2, ["a reporter sent to ask why {B} came back with the story that {M}.",
                        "the story that {M} reached a reporter sent to ask why {B}."]),
    "nested late": (2, [
        "having learned that {B}, editors still led, although it was late, with the news that {M}.",
        "editors still led, although it was late, with the news that {M}, having learned that {B}.",
    ]),
}
# fmt: on
OPENERS = [
    "in brief:",
    "the day in short:",
    "as reported earlier,",
    "by evening it was clear:",
    "a busy day, all told.",
]
PLAIN = ["{0}.", "{0}, a reporter said.", "{0}, and {1}.", "{0}. {1}.", "{0}. {1}, and {2}."]


def fill(text, rng):
    """The text with one word drawn for each {choice/of/words}."""
    return re.sub(r"\{([^{}]+)\}", lambda slot: rng.choice(slot[1].split("/")), text)


def name_actor(actor, rng):
    """The actor with a determiner and often an adjective: "the bank", "some cautious traders"."""
    if actor.startswith("the "):  # the only one of its kind
        return actor
    words = f"{rng.choice(ADJECTIVES)} {actor}" if rng.random() < 0.5 else actor
    if actor.endswith(("s", "freshmen")):
        return f"{rng.choice(['the', 'some', 'many'])} {words}"
    article = "an" if words[0] in "aeio" else "a"  # "an exam board", but "a university"
    return f"{rng.choice(['the', article])} {words}"


def make_clauses(genre, topic, count, rng):
    """Clauses in lower case and the past tense, of different actors and actions."""
    actors, predicates, tails = GENRES[genre][topic]
    clauses = []
    for actor, predicate in zip(rng.sample(actors, count), rng.sample(predicates, count)):
        tail = rng.choice(["", rng.choice(tails), rng.choice(TAILS)])
        clauses.append(fill(f"{name_actor(actor, rng)} {predicate} {tail}".strip(), rng))
    return clauses


def draw_pattern(rng):
    """A connective (the commoner the likelier), one of its patterns, sometimes an opener."""
    connective = rng.choices(list(PATTERNS), [often for often, _ in PATTERNS.values()])[0]
    opener = f"{rng.choice(OPENERS)} " if rng.random() < 0.25 else ""
    return connective, opener + rng.choice(PATTERNS[connective][1])


def capitals(text):
    """The text with a capital at the start of each sentence."""
    return re.sub(r"(^|[.] )([a-z])", lambda start: start[1] + start[2].upper(), text)


def make_twins(genres, draw, rng):
    """Two rows: one pattern around clauses of two genres, and the same with the clauses swapped."""
    connective, pattern = draw_pattern(rng)
    sides = [(genre, *draw(genre, 1)) for genre in genres]
    for (genre, topic, [main]), (_, other_topic, [background]) in (sides, sides[::-1]):
        text = capitals(pattern.replace("{M}", main).replace("{B}", background))
        yield {
            "text": text,
            "genre": genre,
            "kind": "crossover",
            "topics": (topic, other_topic),
            "connective": connective,
            "clauses": (main, background),
        }


def make_plain(genre, draw, rng):
    """One row: one to three clauses about one topic, half of the time in a pattern of the twins."""
    connective, pattern = draw_pattern(rng) if rng.random() < 0.5 else ("", rng.choice(PLAIN))
    slots = re.findall(r"{\w}", pattern)
    topic, clauses = draw(genre, len(slots))
    for slot, clause in zip(slots, clauses):
        pattern = pattern.replace(slot, clause)
    return {
        "text": capitals(pattern),
        "genre": genre,
        "kind": "plain",
        "topics": (topic,),
        "connective": connective,
        "clauses": tuple(clauses),
    }


def make_corpus(seed, train=1800, validation=600, test=600, crossover=0.6):
    """A shuffled corpus as a table; each clause is used in one pair or one plain text only.

    Columns: text, genre, kind, pair (a plain text is alone in its pair), split; then the truth.
    """
    rng, used, rows, pair = random.Random(f"corpus {seed}"), set(), [], 0

    def draw(genre, count):
        """A topic of the genre, and `count` clauses about it, none of them used before."""
        topic = rng.choice(list(GENRES[genre]))
        clauses = make_clauses(genre, topic, count, rng)
        while used & set(clauses):
            clauses = make_clauses(genre, topic, count, rng)
        used.update(clauses)
        return topic, clauses

    mixtures = itertools.cycle(itertools.combinations(GENRES, 2))
    genres = itertools.cycle(GENRES)
    for split, size in {"train": train, "validation": validation, "test": test}.items():
        pairs = round(size * crossover / 2)
        for number in range(size - pairs):
            if number < pairs:
                made = make_twins(next(mixtures), draw, rng)
            else:
                made = [make_plain(next(genres), draw, rng)]
            rows += [row | {"pair": pair, "split": split} for row in made]
            pair += 1
    rng.shuffle(rows)
    return pd.DataFrame(rows)


LETTERS = r"\p{L}\p{M}\p{N}"  # letters, the marks on them, digits
JOINERS = "'\u200c\u200d-"  # one may stand inside a word (two are invisible: Persian, Hindi)
WORD = regex.compile(rf"[{LETTERS}]+(?:[{JOINERS}][{LETTERS}]+)*")
STEMMER = SnowballStemmer("english")


def tokenise(text):
    """The words of a text, in lower case."""
    # \u2019 is the typographic apostrophe; each word is made lower case by itself, since in Greek
    # a letter depends on what follows it
    return [word.lower() for word in WORD.findall(text.replace("\u2019", "'"))]


@cache
def stem(word):
    """The word without its ending."""
    return STEMMER.stem(word)


def preprocess(text):
    """The stems of a text's words, with blanks between them."""
    return " ".join(map(stem, tokenise(text)))


def part_of(table, split):
    """The rows of one part of the split: train, validation or test."""
    return table[table["split"] == split]


def genre_names(table):
    """The genres in alphabetical order: the order of all probabilities below."""
    return sorted(table["genre"].unique())


def same_text(texts):
    """A number for each text, equal where texts differ at most in case, blanks, punctuation."""
    return texts.map(lambda text: " ".join(tokenise(text))).factorize()[0]


def shared(table, column):
    """The values of a column that appear in more than one part; a cell may hold a tuple of them."""
    parts = table[["split", column]].explode(column).drop_duplicates()
    return sorted(parts.loc[parts[column].duplicated(), column])


def shuffle_words(table, seed):
    """The table with the words of every text in random order."""
    rng = random.Random(seed)
    texts = [" ".join(rng.sample(words, len(words))) for words in table["text"].str.split()]
    return table.assign(text=texts)


def cut_connectives(corpus):
    """The corpus with every text cut down to its clauses, in their order."""
    texts = []
    for text, clauses in zip(corpus["text"].str.lower(), corpus["clauses"]):
        places = {clause: text.index(clause.lower()) for clause in clauses}
        texts.append(". ".join(sorted(clauses, key=places.get)))
    return corpus.assign(text=texts)


def subset(table, size, seed):
    """About `size` training texts, a third for validation, all test texts; pairs stay whole."""
    kept = [part_of(table, "test")]
    for split, wanted in (("train", size), ("validation", max(size // 3, 30))):
        part = part_of(table, split)
        pairs = sorted(part["pair"].unique())
        order = random.Random(seed).sample(pairs, len(pairs))
        counts = part.groupby("pair").size().loc[order].cumsum()
        kept.append(part[part["pair"].isin(counts.index[counts <= wanted])])
    return pd.concat(kept).sort_index()


def pattern_words(row):
    """For each word of a crossover text, True if it belongs to the pattern and not to a clause."""
    text = row.text.lower()
    for clause in row.clauses:
        blanked = " ".join("#" for _ in clause.split())
        text = text.replace(clause.lower(), blanked, 1)
    return np.array(["#" not in word for word in text.split()])
