"""Replay transactions into a stream: Spark receives them in the order of event time, and a rule raises alerts.

    python tests/examples/replay_stream.py alerts

No dataset is needed: the format `vecgen` makes rows as the stream asks for them, a fortnight each micro-batch, as
fast as they are consumed. A stream that stops goes on where its checkpoint says, with the very rows it would have had.
For a cluster: `python spark_jobs/pack.py vecgen.zip`, `spark-submit --py-files vecgen.zip replay_stream.py alerts`.
"""

from __future__ import annotations

import argparse

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from vecgen.spark import VecgenDataSource


def main() -> None:
    """Write the alerts of January as Parquet files and print how many were right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", help="directory of the alerts and of the stream's checkpoint")
    parser.add_argument("--customers", default="1000")
    options = parser.parse_args()

    spark = SparkSession.builder.appName("replay").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    spark.dataSource.register(VecgenDataSource)
    asked = {"customers": options.customers, "start": "2023-01-01", "end": "2023-01-31", "fraud_rate": "0.2"}
    columns = "unix_time,cc_num,category,amt,is_fraud"  # others are not made
    rows = spark.readStream.format("vecgen").options(**asked, columns=columns, days_per_trigger="14").load()

    writer = find_alerts(rows).writeStream.format("parquet").outputMode("append")
    writer = writer.option("checkpointLocation", f"{options.output}/checkpoint")
    query = writer.trigger(availableNow=True).start(f"{options.output}/rows")  # or processingTime="1 minute"
    query.awaitTermination()

    alerts = spark.read.parquet(f"{options.output}/rows")
    count, right = alerts.agg(f.count("*"), f.sum("is_fraud")).collect()[0]
    print(f"{count} alerts, {right} of them right")
    spark.stop()


def find_alerts(rows: DataFrame) -> DataFrame:
    """Keep large purchases at night: put your own detector here."""
    moment = f.timestamp_seconds("unix_time")
    at_night = (f.hour(moment) >= 22) | (f.hour(moment) < 4)
    return rows.withColumn("moment", moment).where(at_night & (f.col("amt") >= 250))


if __name__ == "__main__":
    main()
