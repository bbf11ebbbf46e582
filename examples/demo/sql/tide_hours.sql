SELECT
  station,
  date_trunc('hour', measured_at) AS hour,
  min(level_cm) AS low_cm,
  max(level_cm) AS high_cm,
  count(*) AS readings
FROM tides
GROUP BY ALL
ORDER BY station, hour
