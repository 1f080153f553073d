SELECT customer_id,
       full_name,
       lower(email) AS email,
       city,
       country,
       acquisition_channel,
       signed_up_on,
       CASE
         WHEN birth_year IS NULL THEN 'unknown'
         WHEN birth_year > 1994 THEN 'under 30'
         WHEN birth_year > 1974 THEN '30 to 49'
         ELSE '50 and over'
       END AS age_group
FROM {{ source('customers') }}
