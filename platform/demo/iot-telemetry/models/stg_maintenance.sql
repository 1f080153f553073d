SELECT device_id, performed_on, action, action = 'battery' AS is_battery
FROM {{ source('maintenance') }}
