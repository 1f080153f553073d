SELECT site_id,
       site,
       kind,
       target_celsius - tolerance_kelvin AS lowest_celsius,
       target_celsius + tolerance_kelvin AS highest_celsius
FROM {{ source('sites') }}
