SELECT column1 AS desk, column2 AS value_at_risk, column3 AS exposure
FROM (VALUES
  ('equities', 900000.0, 60000000.0),
  ('rates', 400000.0, 45000000.0),
  ('currencies', 250000.0, 20000000.0),
  ('convertibles', 200000.0, 12000000.0))
