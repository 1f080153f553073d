SELECT instrument_id,
       symbol,
       asset_class,
       currency,
       issuer,
       CASE asset_class WHEN 'equity' THEN 1.0 WHEN 'bond' THEN 0.2 ELSE 0.35 END AS risk_weight
FROM {{ source('instruments') }}
