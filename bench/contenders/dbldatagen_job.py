"""The same 26 columns from dbldatagen: customers' columns derived from a customer number, the rest drawn per row.

`spark-submit bench/contenders/dbldatagen_job.py --customers N --output DIR`
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dbldatagen import DataGenerator
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from bench.contenders.figures import DAYS, FRAUD_SHARE, Figures, load_figures, parse_job
from bench.contenders.spark_sql import FIRST_SECOND, PARTITIONS_PER_CORE, SECONDS_PER_DAY, open_session, write
from vecgen.io.schema import COLUMNS

LONGEST_LIST = 250  # every entry becomes a literal of the query, and thousands of them take Spark minutes to plan


def describe(spark: SparkSession, figures: Figures, rows: int, customers: int) -> DataGenerator:
    """Return the specification of all columns; helpers that no file needs are left out of the output."""
    partitions = PARTITIONS_PER_CORE * spark.sparkContext.defaultParallelism
    generator = DataGenerator(spark, name="peer", rows=rows, partitions=partitions, randomSeedMethod="hash_fieldname")
    generator = generator.withColumn("customer", "long", uniqueValues=customers, random=True, omit=True)
    return add_transaction_columns(add_customer_columns(generator, figures), figures)


def add_customer_columns(generator: DataGenerator, figures: Figures) -> DataGenerator:
    """Add the sixteen columns of a customer, functions of the customer's number."""
    own = {"baseColumn": "customer", "baseColumnType": "hash"}
    lists = {"first": figures.first, "last": figures.last, "gender": ["F", "M"], "job": figures.jobs}
    lists |= {"street_name": figures.streets}
    for position, name in enumerate(("zip", "city", "state")):
        lists[name] = [str(place[position]) for place in figures.places]
    for name, values in lists.items():
        generator = generator.withColumn(name, "string", values=thin(values), omit=name == "street_name", **own)
    generator = add_weighted(generator, "profile", figures.profiles, **own)
    numbers = {"house": 99_999, "area": 898, "group": 98, "serial": 9_998}
    for name, most in numbers.items():
        generator = generator.withColumn(name, "int", minValue=1, maxValue=most, omit=True, **own)
    texts = {
        "ssn": ("format_string('%03d-%02d-%04d', area, group, serial)", ["area", "group", "serial"]),
        "street": ("concat_ws(' ', house, street_name)", ["house", "street_name"]),
        "cc_num": ("cast(4000000000000000 + pmod(hash(customer), 1000000000) as string)", ["customer"]),
        "acct_num": ("cast(pmod(xxhash64(customer), 1000000000000) as string)", ["customer"]),
        "dob": ("date_add(date'1930-01-01', pmod(hash(customer), 27000))", ["customer"]),
        "lat": ("25 + pmod(hash(customer), 230000) / 10000D", ["customer"]),
        "long": ("-120 + pmod(xxhash64(customer), 500000) / 10000D", ["customer"]),
    }
    types = {"dob": "date", "lat": "double", "long": "double"}
    for name, (expression, needs) in texts.items():
        generator = generator.withColumn(name, types.get(name, "string"), expr=expression, baseColumn=needs)
    return generator.withColumn("city_pop", "int", minValue=100, maxValue=3_000_000, **own)


def add_weighted(generator: DataGenerator, name: str, entries: Sequence[str], **how: object) -> DataGenerator:
    """Add a column of values that weigh as often as they are listed."""
    counts = Counter(entries)
    return generator.withColumn(name, "string", values=list(counts), weights=list(counts.values()), **how)


def thin(values: Sequence[str]) -> list[str]:
    """Return at most about LONGEST_LIST entries, evenly spread."""
    return list(values[:: max(1, len(values) // LONGEST_LIST)])


def add_transaction_columns(generator: DataGenerator, figures: Figures) -> DataGenerator:
    """Add the ten columns of a transaction."""
    last = FIRST_SECOND + DAYS * SECONDS_PER_DAY - 1
    generator = generator.withColumn("unix_time", "long", minValue=FIRST_SECOND, maxValue=last, random=True)
    for half in ("left_half", "right_half"):
        generator = generator.withColumn(half, "long", expr="cast(rand() * 9e18 as long)", omit=True)
    expressions = {
        "trans_num": ("string", "concat(lpad(hex(left_half), 16, '0'), lpad(hex(right_half), 16, '0'))"),
        "trans_date": ("date", "cast(timestamp_seconds(unix_time) as date)"),
        "trans_time": ("string", "date_format(timestamp_seconds(unix_time), 'HH:mm:ss')"),
        "is_fraud": ("byte", f"cast(rand() < {FRAUD_SHARE} as byte)"),
        "merch_lat": ("double", "round(lat + 2 * rand() - 1, 6)"),
        "merch_long": ("double", "round(long + 2 * rand() - 1, 6)"),
    }
    for name, (kind, expression) in expressions.items():
        generator = generator.withColumn(name, kind, expr=expression)
    generator = add_weighted(generator, "category", figures.categories, random=True)
    generator = generator.withColumn("merchant", "string", values=thin(figures.merchants), random=True)
    return generator.withColumn("amt", "decimal(10,2)", minValue=1, maxValue=200, step=0.01, random=True)


def transactions(generator: DataGenerator) -> DataFrame:
    """Return the rows in our order and types of columns."""
    rows: DataFrame = generator.build()
    return rows.withColumn("amt", sf.col("amt").cast("double")).select([column.name for column in COLUMNS])


def main() -> None:
    """Write a dataset."""
    customers, output = parse_job("dbldatagen_job.py")
    figures, spark = load_figures(), open_session()
    rows = round(customers * (DAYS - 1) * sum(figures.rates) / len(figures.rates))
    write(transactions(describe(spark, figures, rows, customers)), output)
    spark.stop()


if __name__ == "__main__":
    main()
