"""Series in files of every kind that people have: each with the values that must come out, or the one sentence.

`python -m pytest tests/test_reading_series.py -s -k kind` prints the line or the sentence of each.
"""

import bz2
import gzip
import lzma
import warnings
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from conftest import LSTM_NOTEBOOK, load_definitions
from reading_files import archive, comma, fuzz, rows, sentence, stored, tells, when

read_series = load_definitions(LSTM_NOTEBOOK).read_series

V = [round(10 + 3 * np.sin(k / 2) + k % 5 / 10, 1) for k in range(30)]
N = [1000 + 37 * k % 101 * 10 for k in range(30)]
DAYS = [date(2024, 1, 20) + timedelta(k) for k in range(30)]
HOURS = [datetime(2024, 1, 1) + timedelta(hours=k) for k in range(30)]
MONTHS = [date(2019 + k // 12, k % 12 + 1, 1) for k in range(30)]

ISO = when(DAYS, "%Y-%m-%d")
PLAIN = rows(ISO, V, header="date,value")
MORE = [round(v / 3 + 1, 2) for v in V]
SEMICOLON = rows(when(DAYS, "%d.%m.%Y"), comma(V), header="Datum;Wert", mark=";")

SERIES = {  # kind: content, parameters, values
    "plain": (PLAIN, {}, V),
    "UTF-8 with a mark": (PLAIN.encode("utf-8-sig"), {}, V),
    "UTF-16": (PLAIN.encode("utf-16"), {}, V),
    "UTF-16, big end first": (b"\xfe\xff" + PLAIN.encode("utf-16-be"), {}, V),
    "Windows-1252 header": (PLAIN.replace("value", "Größe µg/m³").encode("cp1252"), {}, V),
    "Windows line ends": (PLAIN.replace("\n", "\r\n"), {}, V),
    "old Macintosh line ends": (PLAIN.replace("\n", "\r"), {}, V),
    "pipes": (PLAIN.replace(",", "|"), {}, V),
    "blanks": (PLAIN.replace(",", "   "), {}, V),
    "every cell in quotes": (rows([f'"{d}"' for d in ISO], [f'"{v}"' for v in V], header='"date","value"'), {}, V),
    "single quotes": (rows([f"'{d}'" for d in ISO], [f"'{v}'" for v in V], header="date,value"), {}, V),
    "typographic quotes": (rows([f"“{d}”" for d in ISO], [f"“{v}”" for v in V], header="“date”,“value”"), {}, V),
    "blanks after commas": (PLAIN.replace(",", ", "), {}, V),
    "gzip": (gzip.compress(PLAIN.encode()), {}, V),
    "zip": (archive("data.csv", PLAIN), {}, V),
    "bzip2": (bz2.compress(PLAIN.encode()), {}, V),
    "xz": (lzma.compress(PLAIN.encode()), {}, V),
    "one column": (rows(V, header="value"), {}, V),
    "one column, no header": (rows(V), {}, V),
    "blank lines at both ends": ("\n\n" + PLAIN + "\n \n\n", {}, V),
    "trailing commas and rows of commas": (PLAIN.replace("\n", ",,\n") + ",,,\n,,,\n", {}, V),
    "trailing commas below the header alone": (PLAIN.replace("\n", ",\n").replace("value,", "value"), {}, V),
    "Excel in Europe": (SEMICOLON.replace("\n", ";;\r\n").encode("cp1252"), {}, V),
    "decimal commas, thousands points": (
        rows(when(DAYS, "%d.%m.%Y"), [f"{n:,}".replace(",", ".") + ",50" for n in N], header="Datum;Umsatz", mark=";"),
        {},
        [n + 0.5 for n in N],
    ),
    "decimal commas in quotes": (rows(ISO, [f'"{v}"' for v in comma(V)], header="date,value"), {}, V),
    "thousands separators": (rows(ISO, [f'"{n:,}"' for n in N], header="date,value"), {}, N),
    "thousands by blanks, decimal commas": (
        rows(ISO, [f"{n:,}".replace(",", "\u202f") + ",5" for n in N], header="date;valeur", mark=";"),
        {},
        [n + 0.5 for n in N],
    ),
    "thousands by apostrophes": (
        rows(ISO, [f"{n:,}.5".replace(",", "'") for n in N], header="date,value"),
        {},
        [n + 0.5 for n in N],
    ),
    "dollars": (rows(ISO, [f'"${n:,}.00"' for n in N], header="date,amount"), {}, N),
    "percent": (rows(ISO, [f"{v}%" for v in V], header="date,rate"), {}, V),
    "thousand as K and million as M": (rows(ISO, [f"{n / 1000:g}K" for n in N], header="date,Vol."), {}, N),
    "typographic minus": (rows(ISO, [f"\u2212{v}" for v in V], header="date,value"), {}, [-v for v in V]),
    "small numbers in powers of ten": (rows(ISO, [f"{v}e-5" for v in V], header="date,value"), {}, [float(f"{v}e-5") for v in V]),
    # files by name
    "Air passengers (Kaggle)": (rows(when(MONTHS, "%Y-%m"), N, header="Month,#Passengers"), {}, N),
    "Air passengers (R)": (
        rows(range(1, 31), [round(1949 + k / 12, 6) for k in range(30)], N, header='"","time","AirPassengers"'),
        {},
        N,
    ),
    "Melbourne temperatures, footer": (
        rows([f'"{d}"' for d in ISO], V, header='"Date","Daily minimum temperatures in Melbourne, Australia, 1981-1990"')
        + "\nDaily minimum temperatures in Melbourne, Australia, 1981-1990\n",
        {},
        V,
    ),
    "shampoo, year-month": (rows([f"{1 + k // 12}-{k % 12 + 1:02}" for k in range(30)], V, header="Month,Sales"), {}, V),
    "sunspots (SILSO), no header": (
        rows(
            [1749 + k // 12 for k in range(30)],
            [f"{k % 12 + 1:02}" for k in range(30)],
            [f"{1749 + (k + 0.5) / 12:.3f}" for k in range(30)],
            [f"  {v}" for v in V],
            [" -1.0"] * 30,
            ["   -1"] * 30,
            [1] * 30,
            mark=";",
        ),
        {"value": 4},
        V,
    ),
    "sunspots (Kaggle)": (rows(range(30), when(MONTHS, "%Y-%m-28"), V, header=",Date,Monthly Mean Total Sunspot Number"), {}, V),
    "yearly sunspots, blanks": (rows([1700 + k + 0.5 for k in range(30)], V, ["-1.0"] * 30, mark="  "), {"value": "2"}, V),
    "FRED, points for missing": (
        rows(ISO, [*V[:9], ".", *V[10:]], header="DATE,DEXUSEU"),
        {},
        [*V[:9], (V[8] + V[10]) / 2, *V[10:]],
    ),
    "Yahoo": (rows(ISO, V, V, V, V, MORE, N, header="Date,Open,High,Low,Close,Adj Close,Volume"), {}, V),
    "yfinance, three rows of names": (
        "Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n" + rows(ISO, V, V, V, V, N),
        {},
        V,
    ),
    "stooq, no separators in dates": (
        rows(["^SPX.US"] * 30, when(DAYS, "%Y%m%d"), V, MORE, header="<TICKER>,<DATE>,<OPEN>,<CLOSE>"),
        {},
        MORE,
    ),
    "Nasdaq, newest first, dollars": (
        rows(when(DAYS, "%m/%d/%Y")[::-1], [f"${v:.2f}" for v in V][::-1], N, header="Date,Close/Last,Volume"),
        {},
        V,
    ),
    "investing.com, newest first": (
        rows(
            [f'"{d}"' for d in when(DAYS, "%b %d, %Y")][::-1],
            [f'"{n:,}.00"' for n in N][::-1],
            ['"1.2M"'] * 30,
            ['"0.5%"'] * 30,
            header='"Date","Price","Vol.","Change %"',
        ),
        {},
        N,
    ),
    "Bitcoin by the minute": (
        rows([1325317920 + 60 * k for k in range(30)], V, V, V, MORE, header="Timestamp,Open,High,Low,Close"),
        {},
        MORE,
    ),
    "CryptoDataDownload, a line with an address above": (
        "https://www.CryptoDataDownload.com\n"
        + rows(
            [1700000000 + 3600 * k for k in range(30)][::-1],
            when(HOURS, "%Y-%m-%d %H:%M:%S")[::-1],
            ["BTC/USD"] * 30,
            V[::-1],
            MORE[::-1],
            header="unix,date,symbol,open,close",
        ),
        {},
        MORE,
    ),
    "World Bank": (
        '"Data Source","World Development Indicators",\n\n"Last Updated Date","2024-03-28",\n\n"Country Name","Country Code",'
        '"Indicator Name","Indicator Code",'
        + ",".join(f'"{1960 + k}"' for k in range(31))
        + ",\n"
        + "".join(
            f'"{c}","{c[:3].upper()}","Population, total","SP.POP.TOTL",' + ",".join(f'"{v + i}"' for v in V) + ',"",\n'
            for i, c in enumerate(["Aruba", "Germany", "Zambia"])
        ),
        {"series": "Germany"},
        [v + 1 for v in V],
    ),
    "World Bank, new names": (
        "Country Name,Series Name,"
        + ",".join(f"{1990 + k} [YR{1990 + k}]" for k in range(30))
        + "\n"
        + "Germany,GDP,"
        + ",".join(map(str, V))
        + "\nFrance,GDP,"
        + ",".join(map(str, MORE))
        + "\n\n\n"
        "Data from database: World Development Indicators\nLast Updated: 03/28/2024\n",
        {"series": "france"},
        MORE,
    ),
    "COVID, a row a place": (
        "Province/State,Country/Region,Lat,Long,"
        + ",".join(when(DAYS, "%-m/%-d/%y"))
        + "\n"
        + ",Germany,51.1,10.4,"
        + ",".join(map(str, N))
        + "\n,France,46.2,2.2,"
        + ",".join(map(str, V))
        + "\n",
        {"series": "Germany"},
        N,
    ),
    "M4": (
        '"V1",'
        + ",".join(f'"V{k}"' for k in range(2, 36))
        + "\n"
        + '"H1",'
        + ",".join(f'"{v}"' for v in V)
        + ",,,,\n"
        + '"H2",'
        + ",".join(f'"{v}"' for v in MORE)
        + ",NA,NA,NA,NA\n",
        {"series": "H2"},
        MORE,
    ),
    "M5": (
        "id,item_id,store_id,"
        + ",".join(f"d_{k}" for k in range(1, 31))
        + "\nA_1,A,CA_1,"
        + ",".join(map(str, N))
        + "\nB_1,B,CA_1,"
        + ",".join(map(str, N[::-1]))
        + "\n",
        {"series": "B_1"},
        N[::-1],
    ),
    "Eurostat, years in columns": (
        "freq,unit,geo\\TIME_PERIOD\t"
        + "\t".join(f"{1990 + k} " for k in range(30))
        + "\nA,EUR,DE\t"
        + "\t".join(f"{v} " for v in V)
        + "\nA,EUR,FR\t"
        + "\t".join(f"{v} " for v in MORE)
        + "\n",
        {"series": "A,EUR,DE"},
        V,
    ),
    "NOAA carbon dioxide, comments above": (
        "# Use of these data, free\n# File created: 2024, by NOAA\n#\n"
        + rows(
            [1958 + k // 12 for k in range(30)],
            [k % 12 + 1 for k in range(30)],
            [round(1958.2 + k / 12, 4) for k in range(30)],
            V,
            MORE,
            [-1] * 30,
            header="year,month,decimal date,average,deseasonalized,ndays",
        ),
        {},
        V,
    ),
    "NOAA carbon dioxide, blanks": (
        "# Use of these data\n# is free\n"
        + rows(
            [f"{1958 + k // 12}" for k in range(30)],
            [f"{k % 12 + 1:5}" for k in range(30)],
            [f"{1958.2 + k / 12:.4f}" for k in range(30)],
            V,
            ["-1"] * 30,
            mark="   ",
        ),
        {"value": 4},
        V,
    ),
    "Google Trends in German": (
        "Kategorie: Alle Kategorien\n\nWoche,Lampe: (Weltweit)\n"
        + rows([DAYS[0] + timedelta(7 * k) for k in range(30)], ["<\xa01", *range(31, 60)]),
        {},
        [0.5, *range(31, 60)],
    ),
    "ETT": (rows(when(HOURS, "%Y-%m-%d %H:%M:%S"), V, V, MORE, header="date,HUFL,HULL,OT"), {}, MORE),
    "PJM, in disorder": (
        rows(
            *zip(*sorted(zip(when(HOURS, "%Y-%m-%d %H:%M:%S"), N), key=lambda row: hash(row[1]) % 7)), header="Datetime,PJME_MW"
        ),
        {},
        N,
    ),
    "PJM, a doubled hour": (
        rows([*when(HOURS, "%Y-%m-%d %H:%M:%S"), "2024-01-01 05:00:00"], [*N, N[5] + 10], header="Datetime,PJME_MW"),
        {},
        [*N[:5], N[5] + 5, *N[6:]],
    ),
    "Jena climate": (
        rows(when(HOURS, "%d.%m.%Y %H:%M:%S"), V, MORE, header="Date Time,p (mbar),T (degC)"),
        {"value": "T (degC)"},
        MORE,
    ),
    "household power": (
        rows(
            when(HOURS, "%-d/%-m/%Y"),
            when(HOURS, "%H:%M:%S"),
            V,
            [0] * 30,
            header="Date;Time;Global_active_power;Voltage",
            mark=";",
        ),
        {"value": "Global_active_power"},
        V,
    ),
    "air quality (UCI), clock with points": (
        rows(
            when(HOURS, "%d/%m/%Y"), when(HOURS, "%H.%M.%S"), comma(V), N, header="Date;Time;CO(GT);PT08.S1(CO)", mark=";"
        ).replace("\n", ";;\n")
        + ";;;;;\n" * 9,
        {"value": "CO(GT)"},
        V,
    ),
    "Beijing, year month day hour": (
        rows(
            range(1, 31),
            [h.year for h in HOURS],
            [h.month for h in HOURS],
            [h.day for h in HOURS],
            [h.hour for h in HOURS],
            ["NA", "NA", *N[2:]],
            V,
            header="No,year,month,day,hour,pm2.5,DEWP",
        ),
        {"value": "pm2.5"},
        N[2:],
    ),
    "bike sharing, day and hour": (
        rows(
            range(1, 31),
            [h.date() for h in HOURS],
            [1] * 30,
            [0] * 30,
            [1] * 30,
            [h.hour for h in HOURS],
            V,
            N,
            header="instant,dteday,season,yr,mnth,hr,temp,cnt",
        ),
        {},
        N,
    ),
    "electricity load, decimal commas, a column a client": (
        '"";"MT_001";"MT_002"\n' + rows([f'"{t}"' for t in when(HOURS, "%Y-%m-%d %H:%M:%S")], comma(V), comma(MORE), mark=";"),
        {"value": "MT_002"},
        MORE,
    ),
    "store sales, a panel by number": (
        rows([1] * 30 + [2] * 30, ISO * 2, N + N[::-1], V * 2, header="Store,Date,Sales,Customers"),
        {"series": 2},
        N[::-1],
    ),
    "panel of two keys": (
        rows(
            ["A"] * 60 + ["B"] * 60,
            (["x"] * 30 + ["y"] * 30) * 2,
            ISO * 4,
            V + MORE + N + V[::-1],
            header="region,product,date,value",
        ),
        {"series": "B, x"},
        N,
    ),
    "COVID by place and day (OWID)": (
        rows(
            ["DEU"] * 30 + ["FRA"] * 30,
            ["Germany"] * 30 + ["France"] * 30,
            ISO * 2,
            N + V,
            V + N,
            header="iso_code,location,date,total_cases,new_cases",
        ),
        {"series": "France", "value": "new_cases"},
        N,
    ),
    "German months": (
        rows(
            [f"{'Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez'.split()[m.month - 1]} {m.year}" for m in MONTHS],
            V,
            header="Monat;Wert",
            mark=";",
        ),
        {},
        V,
    ),
    "Spanish months, column Mes": (
        rows(
            [f"{'ene feb mar abr may jun jul ago sep oct nov dic'.split()[m.month - 1]}-{m.year % 100}" for m in MONTHS][::-1],
            V[::-1],
            header="Mes,Viajeros",
        ),
        {},
        V,
    ),
    "month names in full": (rows(when(MONTHS, "%B %Y")[::-1], V[::-1], header="Period,Value"), {}, V),
    "statistics office, quarters": (
        rows([f"{1995 + k // 4} Q{k % 4 + 1}" for k in range(30)][::-1], V[::-1], header="Quarter,GDP"),
        {},
        V,
    ),
    "statistics office, quarter first": (
        rows([f"Q{k % 4 + 1}-{1995 + k // 4}" for k in range(30)][::-1], V[::-1], header="Quarter,GDP"),
        {},
        V,
    ),
    "statistics office, ONS": (
        '"Title","Retail sales"\n"CDID","J5EK"\n"Source dataset ID","DRSI"\n"Release date","21-06-2024"\n'
        + rows([f'"{m:%Y %b}"'.upper() for m in MONTHS], [f'"{v}"' for v in V]),
        {},
        V,
    ),
    "statistics office, 2000M01": (rows([f"{m:%Y}M{m:%m}" for m in MONTHS][::-1], V[::-1], header="Time,Index"), {}, V),
    "sensors by number": (
        rows([1] * 30, range(30), *[V] * 5, MORE, header="unit,cycle,s1,s2,s3,s4,s5,s6"),
        {"value": "s6"},
        MORE,
    ),
    "blanks before a unit": (rows(ISO, [f"{n} %" for n in N], header="date,load"), {}, N),
    "year and quarter": (
        rows([1995 + k // 4 for k in range(30)], [k % 4 + 1 for k in range(30)], V, header="year,quarter,gdp"),
        {},
        V,
    ),
    "ISO weeks": (rows([f"2023-W{k + 1:02}" for k in range(30)][::-1], V[::-1], header="week,cases"), {}, V),
    "Bundesbank, names above and below": (
        '"",BBEX3.D.USD.EUR,BBEX3.D.USD.EUR_FLAGS\n"",Euro reference rate,\nunit,USD,\n'
        + rows(ISO, V, [""] * 30)
        + '"","Comment: none",\n',
        {},
        V,
    ),
    "units below the header": ("date,value\n,degC\n" + rows(ISO, V), {}, V),
    "no header, date and value": (rows(ISO, V), {}, V),
    "no header, whole numbers": (rows(ISO, range(30)), {}, range(30)),
    "no header, date, place, value": (rows(ISO, ["Melbourne"] * 30, V), {}, V),
    "12-hour clock": (rows(when(HOURS, "%m/%d/%Y %I:%M %p")[::-1], V[::-1], header="Timestamp,kWh"), {}, V),
    "taxi, month first, no zeros": (rows(when(HOURS, "%-m/%-d/%Y %H:%M")[::-1], V[::-1], header="timestamp,value"), {}, V),
    "two-digit years": (rows(when(DAYS, "%d/%m/%y")[::-1], V[::-1], header="date,value"), {}, V),
    "two-digit years first": (rows(when(DAYS, "%y-%m-%d")[::-1], V[::-1], header="date,value"), {}, V),
    "day-month name": (rows(when(DAYS, "%d-%b-%y")[::-1], V[::-1], header="Date,Price"), {}, V),
    "weekday before the date": (
        rows([f'"{t}"' for t in when(DAYS, "%A, %B %d, %Y")][::-1], V[::-1], header="Date,Visits"),
        {},
        V,
    ),
    "months, day first, all below 13": (rows(when(MONTHS, "%d/%m/%Y"), V, header="date,value"), {}, V),
    "offset from Greenwich": (rows([f"{h:%Y-%m-%dT%H:%M:%S}+02:00" for h in HOURS][::-1], V[::-1], header="time,value"), {}, V),
    "zone in words": (rows([f"{h:%Y-%m-%d %H:%M:%S} UTC" for h in HOURS][::-1], V[::-1], header="Date,value"), {}, V),
    "Chinese dates": (rows([f"{d.year}年{d.month}月{d.day}日" for d in DAYS][::-1], V[::-1], header="日期,数值"), {}, V),
    "Chinese in GB 18030": (
        rows([f"{d.year}年{d.month}月{d.day}日" for d in DAYS][::-1], V[::-1], header="日期,数值").encode("gb18030"),
        {},
        V,
    ),
    "years alone": (rows(range(1900, 1930), V, header="Year,Mean"), {}, V),
    "numbered time in disorder": (rows([*range(15, 30), *range(15)], [*V[15:], *V[:15]], header="t,value"), {}, V),
    "total below": (PLAIN + "Total,300.5\nSource: our own\n", {}, V),
    "missing at both ends": (rows(ISO, ["NA", *V[1:29], ""], header="date,value"), {}, V[1:29]),
    "two of thirty missing": (
        rows(ISO, [*V[:9], "n/a", "null", *V[11:]], header="date,value"),
        {},
        [*V[:9], V[8] + (V[11] - V[8]) / 3, V[8] + 2 * (V[11] - V[8]) / 3, *V[11:]],
    ),
    "column by number": (rows(ISO, V, MORE, header="date,a,b"), {"value": 3}, MORE),
    "column by name in another case": (rows(ISO, V, MORE, header="date,Alpha,beta"), {"value": "alpha"}, V),
    "time by name": (rows(V, MORE, ISO[::-1], header="a,b,stand"), {"value": "a", "time": "stand"}, V[::-1]),
    "separator given as a word": (PLAIN.replace(",", "\t"), {"separator": "tab"}, V),
    "encoding and separator given": (
        PLAIN.replace("value", "Größe").replace(",", "#").encode("cp1252"),
        {"encoding": "cp1252", "separator": "#"},
        V,
    ),
    "a note of several lines": (rows(ISO, V, ['"two\nlines, here"'] * 30, header="date,value,note"), {}, V),
    "one in ten missing": (
        rows(ISO, [*V[:3], "?", *V[4:12], "-", *V[13:20], "..", *V[21:]], header="date,value"),
        {},
        [*V[:3], (V[2] + V[4]) / 2, *V[4:12], (V[11] + V[13]) / 2, *V[13:20], (V[19] + V[21]) / 2, *V[21:]],
    ),
    "hashes above and a name with one, blanks": ("# sensor 5\n# date value\n" + rows(ISO, V, mark=" "), {}, V),
    "minus and plus signs": (rows(ISO, [f"{v - 10:+.1f}" for v in V], header="date,anomaly"), {}, [round(v - 10, 1) for v in V]),
    "points for thousands, no decimals": (
        rows(ISO, [f"{n * 1000:,}".replace(",", ".") for n in N], header="date;Umsatz", mark=";"),
        {},
        [n * 1000 for n in N],
    ),
    "a wide file with dates of one year, newest first": (
        "place,"
        + ",".join(when(DAYS[::-1], "%Y-%m-%d"))
        + "\nHere,"
        + ",".join(map(str, V[::-1]))
        + "\nThere,"
        + ",".join(map(str, N[::-1]))
        + "\n",
        {"series": "there"},
        N,
    ),
    "hours from 1 to 24": (
        rows(
            [f"2024-01-{1 + k // 24:02}" for k in range(60)], [k % 24 + 1 for k in range(60)], range(60), header="Date,Hour,Load"
        ),
        {},
        range(60),
    ),
    "a row for Excel above": ("sep=;\n" + SEMICOLON, {}, V),
    "months with points": (rows(when(MONTHS, "%m.%Y")[::-1], V[::-1], header="Monat;Wert", mark=";"), {}, V),
    "hard blanks in dates": (rows(when(DAYS, "%d\xa0%b\xa0%Y")[::-1], V[::-1], header="date,value"), {}, V),
    "twelve rows": (rows(ISO[:12], V[:12], header="date,value"), {}, V[:12]),
}
SERIES |= {
    "header of 0 to n - 1": (rows(V, MORE, V, MORE, header="0,1,2,3"), {"value": "0"}, V),
    "days as numbers under a name of any kind": (
        rows(when(DAYS, "%Y%m%d") * 2, ["4호선"] * 30 + ["9호선"] * 30, V + MORE, header="사용일자,노선명,승객수"),
        {"series": "9호선"},
        MORE,
    ),
    "a mark for nothing in the first row": (
        rows(range(1990, 2020), V, ["***", *MORE[1:]], header="Year,J-D,DJF"),
        {"value": "J-D"},
        V,
    ),
    "German waters: lines above of more cells than the table, decimal commas": (
        'Quelle:;"Amt für Umwelt, www"\nOstwert:;693170;Nordwert:;5335733;"UTM Zone 32"\nHöhe:;"500,33 m"\n\n'
        + rows(
            [f'"{d}"' for d in when(HOURS, "%Y-%m-%d %H:%M")],
            comma(V),
            ["Roh"] * 30,
            header='Datum;"Stand [cm]";Status',
            mark=";",
        ),
        {},
        V,
    ),
    "equal values at equal times": (
        rows([d for d in ISO for _ in "ab"], ["rain", "fog"] * 30, [v for v in V for _ in "ab"], header="date,weather,load"),
        {},
        V,
    ),
}
SERIES_REFUSED = {  # kind: content, parameters, what the sentence holds
    "two columns with one usual word in their names": (
        rows(ISO, V, MORE, V, header="Date,SP500,Real Price,Price Index"),
        {},
        "set VALUE_COLUMN to one of SP500, Real Price, Price Index",
    ),
    "many columns, no header": (rows(V, MORE, V, MORE, V, MORE, V), {}, "set VALUE_COLUMN to one of 1, 2, 3"),
    "a series a row, the names in the second column": (
        rows(
            ["", "", "x", "x"],
            ["Chad", "Peru", "Peru", "Fiji"],
            [1.5, 2.5, "", 3.5],
            *[[4, 5, 6, 7]] * 30,
            header="Province,Country,Lat," + ",".join(when(DAYS, "%m/%d/%y")),
        ),
        {},
        "SERIES to one of Chad, Peru, Peru, Fiji",
    ),
    "half of it missing": (
        rows(ISO, [v if k % 2 else "NA" for k, v in enumerate(V)], header="date,value"),
        {},
        "missing values: 15 of 30",
    ),
    "a long gap": (rows([*V * 3, *["NA"] * 8, *V * 3], header="value"), {}, "8 of 188, at most 8 in a row (a tenth, 7 in a row"),
    "marks before numbers": (
        rows(ISO, [*V[:28], "?0.2", "?0.8"], header="date,value"),
        {},
        "cells that are no numbers: 2 (row 30, '?0.2')",
    ),
    "a panel": (
        rows(ISO * 2, ["N"] * 30 + ["S"] * 30, V + MORE, header="date,Region,value"),
        {},
        "set SERIES to a cell of Region: N, S",
    ),
    "a series a row": (
        "id,"
        + ",".join(f"V{k}" for k in range(1, 31))
        + "\nH1,"
        + ",".join(map(str, V))
        + "\nH2,"
        + ",".join(map(str, V))
        + "\n",
        {},
        "SERIES to one of H1, H2",
    ),
    "no such series": (
        rows(ISO * 2, ["N"] * 30 + ["S"] * 30, V + MORE, header="date,Region,value"),
        {"series": "West"},
        "no cell West",
    ),
    "several columns": (rows(ISO, V, MORE, header="date,a,b"), {}, "set VALUE_COLUMN to one of a, b"),
    "no such column": (PLAIN, {"value": "price"}, "no column price: set VALUE_COLUMN to one of date, value"),
    "no numbers": (rows(ISO, ["soon"] * 30, header="date,value"), {}, "no columns of numbers"),
    "two troubles": (
        rows([*ISO[:28], "soon", ISO[29]], [*V[:9], "x1", *V[10:]], header="date,value"),
        {},
        "cells that are no numbers: 1",
        "times that are unclear: 1",
    ),
    "decimal commas unquoted": (rows(ISO, comma(V), header="date,value"), {}, "rows of more cells"),
    "thousands or decimals": (rows(ISO, [f"{n:,}" for n in N], header="date;value", mark=";"), {}, "set DECIMAL"),
    "one percent among numbers": (
        rows(ISO, [*V[:9], "5%", *V[10:]], header="date,value"),
        {},
        "cells that are no numbers: 1 (row 11, '5%')",
    ),
    "units that are no factors": (
        rows(ISO, [f"{n} K" for n in N], header="date,value"),
        {"value": "value"},
        "no numbers: 30",
        "'1000 K'",
    ),
    "two decimal marks": (rows(ISO, [*V[:9], "10,45", *V[10:]], header="date;value", mark=";"), {}, "'10,45'"),
    "points for thousands or decimals": (
        rows(ISO, [f"{n:,}".replace(",", ".") if k else "950" for k, n in enumerate(N)], header="date;Umsatz", mark=";"),
        {},
        "set DECIMAL",
    ),
    "empty": ("", {}, "no rows"),
    "header alone": ("date,value\n", {}, "no rows"),
    "a web page": ("<!DOCTYPE html>\n<html><td>1,2</td></html>", {}, "no text in rows and columns"),
    "JSON that is no list of records": ('{"value": [1, 2, 3]}', {}, "no text in rows and columns"),
    "a row number that the header lacks (R)": ('"date","value"\n' + rows(range(1, 31), ISO, V), {}, "rows of more cells"),
    "picture": (b"\x89PNG\r\n\x1a\n\xff\xfe\x00\x01\x02" * 50, {}, "cannot be read"),
    "broken gzip": (gzip.compress(PLAIN.encode())[:-20], {}, "cannot be read"),
    "spreadsheet": (archive("xl/workbook.xml", "<?xml version='1.0'?><workbook/>" * 99), {}, "no text in rows and columns"),
    "wrong encoding given": ("Größe\n1\n2\n".encode("cp1252"), {"encoding": "utf-8"}, "cannot be read"),
}


@pytest.mark.parametrize("kind", SERIES)
def test_a_kind_of_series_gives_its_values(kind, tmp_path, capsys):
    content, parameters, values = SERIES[kind]
    path = stored(tmp_path / "own.csv", content)
    before = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        series = read_series(path, **parameters)
    line = capsys.readouterr().out
    print(line)
    assert line.startswith(f"{path}: ") and line.count("\n") == 1
    assert np.asarray(series).dtype == np.float64 and series.index.is_monotonic_increasing
    np.testing.assert_allclose(np.asarray(series), list(values), rtol=1e-12)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", SERIES_REFUSED)
def test_a_kind_of_series_is_refused_in_one_sentence(kind, tmp_path):
    content, parameters, *parts = SERIES_REFUSED[kind]
    path = stored(tmp_path / "own.csv", content)
    with pytest.raises(ValueError) as caught:
        read_series(path, **parameters)
    message = sentence(caught.value)
    assert message.startswith(str(path)) and all(part in message for part in parts), message


FUZZED = [  # a file that can be cut at every mark, the mark, (its values, whether a cut one must lose the end alone)
    (PLAIN, ",", (V, True)),
    (rows(when(HOURS, "%d.%m.%Y %H:%M"), V, N, header="Zeit,value,other"), ",", (V, True)),
    (rows(when(DAYS, "%m/%d/%Y")[::-1], comma(V)[::-1], header="Datum;Größe", mark=";"), ";", (V, False)),
    (rows(when(MONTHS, "%b %Y"), N, ["x"] * 30, header="Month\tpassengers\tnote", mark="\t"), "\t", (N, False)),
]


def fuzzed(seeds, path, capsys):
    """{kind: [files read as they were, otherwise, refused]} of the seeds' files."""

    def check(found, right, kind, note):
        said = capsys.readouterr().out.splitlines()[-1]
        equal = found.tolist() == list(right[0])
        assert np.isfinite(found).all() and found.index.is_monotonic_increasing, note
        if kind == "separators mixed" and not equal:
            tells(said, f"{note}: {found}")
        if kind == "truncated" and not equal and right[1]:
            assert set(found[:-1]) <= set(right[0]), f"{note}: {said} {found}"
        return equal

    return fuzz(read_series, FUZZED, seeds, path, check)


def test_broken_files_give_a_series_or_a_sentence(tmp_path, capsys):
    fuzzed(range(150), tmp_path / "own.csv", capsys)


@pytest.mark.verify
@pytest.mark.parametrize("block", range(5))
def test_a_thousand_broken_files_give_a_series_or_a_sentence(block, tmp_path, capsys):
    counts = fuzzed(range(150 + 170 * block, 320 + 170 * block), tmp_path / "own.csv", capsys)
    print(pd.DataFrame(counts, ["as it was", "otherwise", "refused"]).T.to_string())
