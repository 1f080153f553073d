SELECT instrument_id,
       traded_on,
       close * rate AS price,
       lag(close * rate) OVER (PARTITION BY instrument_id ORDER BY traded_on) AS price_before
FROM {{ source('prices') }}
JOIN {{ source('instruments') }} USING (instrument_id)
JOIN {{ source('exchange_rates') }} USING (currency)
WHERE valid_on = traded_on
