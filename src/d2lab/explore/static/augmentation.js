// An image with boxes and masks that is moved: one matrix for all changes, and what becomes of each box.
(() => {
  "use strict";
  const D2 = window.D2;
  const { say, make, draw, span, show, table, Explorer, augment: { inverse, corners, follow } } = D2;
  // A scene of `d2lab.data.scenes`, its boxes and digits, and the object of each pixel as runs, object:pixels.
  const SCENE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAYTElEQVR42p16yZIcSZKdqpqZb7FHLshMAFVAb8XpaekL2c2RIYUc4fwmP4E/wMucyAOFwkNzuqu7UMgCMpH7GqsvZqaqPHhkICqRQJUwDimR4WbuZrq9p88cr65u4KkPIsLnP4ioqj9vinz5bohm81afjJQnn7Wea9fXiOjR5U+nqSoirp+x/rIe+elC2yufWwEAIP5o1qPNtJc2H/RosG3/V9VHz9hc6KeG3/y7ebtHD9jYlQDQkxv49Lk/acSNwWQ3l/uknT53i0dPWhviM4amz4cB/H9/VNV+jDWRR5Z+5L5PXfGkvT9ZKALoF9LgUcys7/lgpsch2ob6wy9oN6+tv7d32bz1cjH7P//7f/yv//kvx0dvR+Odf/uH//iHf/ingxdfr73xhSj/nCc3dvjZkZ/O2jQ0gP4oiR+tY21jRCyXi6apAcDaJElSYy0ZepTc6818Ymz9wgaI8Key/AtZwfYzO4NN208md2cnRzdXFyzc6w+Go61Ot2+t21z0po1U4ccpq1+upJue/8ka+uMQAtsGMwCI6KNBbQje3ly8O/zu+Ojw+vI8htAfDMdbO71ezzmrypth8ON45Z/EjbUVnzS5Kv6MEAK7nkBEm3nZzqyr8ury7O2bb4/efe9DMxiMd3b29g9eDkfbziWbCbABDvq5ivmkE54s/A+DvzS+HWzXi1jvbDMq7m6vPxy/e//uzfnpcafbf/7i1cGLV89fvhpv7SRJ+mTGq7Z7+Fng/eniNmzBT97kMZA9CUnMUUTK5fz8/MPV5dn93U1VlYPhuD8Y7T7b39nd7/eHxtonbfMpWH550Z8ygCc98zkH2if9G0OYz6fXVxfnp8f3t9fB+zTN+oPR1vbu1vaz4WjrSQT9KSx7Opa+gMSPqMqnsIOI9skbNb65ub48Of7h7ORoPp9a53r9wd7+i2d7z8dbO+1IZmaOzCzChGSstdYZY55E6J+JCZth9jMnfgwhY8x6hIgsF/O72+vp5F5VB4PxeGvn2d7zwXDsklRViaiuytlsMp9Nqqo0RL3BaLy10+sNPlNbv4AD9IWS+oXgaRPGPtruKgxE6rqcz6d1XaVpNhiO9w9e7h981esP23FNXc1m99eX55cXp5PJnbPu4PlXeV70+8MnsXkz+T6lgE967Mt4/NED6wnMH7O+KpfTyf3k7qYqF+3qf/Grf/P85avReJuMCd7PZpPbm6vzsw+nH95PJrd53smLzn5dPVnsHoXvI3OKyKeXfo73flRGVXXTk95Xy8V0Nps0TZWk2dbOs4MXr/b2X7YjmWO5XMymk+nkbj6bVGVpjI0xiMjmQjcz7ws11BjzqbEf7f8LRNCqKqISoahZ19CyasqyqqsqRk6SdDDY2treXccGM1dluVzMq7IU1TRNi6KTZrkx9hFLXUNECzIbAI8A0o4UTVonrJF09SBgIvpySVt7AFVBV1khs+n9bHq/XM5D8IhoXZJmubGpKCCAKsxms5ubq5vry/l8CoDd3nA03u32hmSTyEpECqoKiAi45vtqiACAObQ1oAVaRFAVEUZEVRGRsqymk+kPh+8PD394893h6cnZfL5oGl8U2e9+93f/+B/++Ic//rvxeLSyEaJVk2D7QBDf1GW5uLm+vLu5KpcLVU3SLMty5xIAUDIKUC4Xl1cXp2cfzk6Py+W86HS7vcHWzt5guJ2mOQAxrzksCK56yrUTVAkAQGltMGPWRZnns8Xd/f397f3p6fnN9d1ysQwhtGYNIdZNKJvgmWNLGFVFxEZ+AHCQeVne3VxfnJ9e31zVTe2SJC86xiVN5GXjrXXCfHV1fnF+cnZydH7+QUXSvEiLXmcwToo+q62a2EYCIiCCwGZNlNbw+BBnzCwi6IOqxhjv7yYfjk/evzs6Oz0/Pj6ZTWeL+dJ7j4gxxODDdDqbTRezRVn0mnViWB+lLQUGpW6a2Wx6d3czm05iCNYm1iUh8P1k4k5PkiStquX1xcnZ6Yeri9PJ7XWWd4xLe8Pt4fZBr7flXCKKHNtwRyKMDwGtqkRGHwyPCKqtN4jaeBeZzavT08vv/nZ49P7o+uraEBlnrTWAGCMF770PgcUH9lGIVtawURQRQZHBsKCP4r1vmibEGJmrsry9vXLHh7PZxBjb1OXk/ub89Oju9qqqlnmnlxfd/mBrMNxNslxber0i6KiAqqgKigCIiiSAD90NAKC2cIGoqlGh8aHxPsSARNs72wcvnveH/cV8cXt9O7m/b+qm6BadXq/T79skFZHWy1ZYW1AjgwKIZICsqPimWcwmIfj5bHJ/e9XpDaxZ/T6b3DRViUhZ3ik6g6zTdVmmAgCoqkAoqsJC+iN2GZkf9SLtJTGkqgKA1ubd7u7eXpYX/eHg73732/6gf/TDu2//9S/MXHR4tLU1GA6yovAhrpmXXWOyAiHZJCvyopdkBRkTQphN7+bTu9nkLs1yYwwSERHHqABFp9cfbnX6gzQrVAAQ4KElagHhIWtXlRQVFOWRFNAWH1UV1bzIn+3vpVkWQ+gP+i9/+RpUz05OY2Rr7XA82jvYH22N2xxr8x4RbWj8g4CmRCbLO93+aDjebaqKmVWFYzDWiXBdl8E3iOhckqT5YLQ93tnr9sdoXBO84AOx8WyMYRF8aEcskoiA/sj26+9RrSoAuqI33LXZeOdZ2x5Gz5fnF+8O35+fngHA/ssXO3t7veGIWRFREdpKYRlXSMkxGGuzvDMYbcfQWOvyTne09UxVXZLE4O+uL26vz+pyqQ6Kbm+8s7+9c9Drj5I0RcR2VSKCRAzAoLCWC4DQEIg+avQfUItbZMjyNMvT1grMPJ1MZtPp3e3tfDZ3iRNmYV4uFr1B31orzK0JbMPQOtEQW2tc3ukbkxR5ZzAa7e5H3yC6LC/qanF0+K2o3FyeOJd0esPt3YPR9rNOr2+MAwBSiNLmJSACKAGtVMWoAgBkaJMmiIqoqCoBrunQ5oCi0+n1+51u11iznC9OP5wkaTqbzaez+bOD/U6364wFEFvWvp1skENs60eS5KMuJC7rA0KnGKSd7nxyO1ssipP3xlwimTQrsqLv0o6C8T6QifpAWpgVV15tqQEIy6bK+5AAREja9u6EAooPXkFAVRXAwdbWwVcvL88vjt+9vzq/qKv6/u6u8V4VXr762hQGAD+yUaAkMLd9NLMqpSZFACCXx6BClowDMg/+J0GMioGh9hGMX5VlQyBtj68QQXGls7T1Z5OZ4cNHkEQFFB6CbsVAbGKePT/4+xitS/JOcXT4bjadkjGjra35i+dRmFUJwLYVAwCQTOQWIEiUySZp3hERJBSRJO/+/R//+ff//p8fUA+NwbXIIaCqAgqogkoCq4rZArEIILNxtv1X109sdULS9RraAtXawnsPALsH+51ejwiDD2cfPlhrVJVZRISZue0H2gmijASAKsotu4scVNW6FEBREBWIsE04MBRZEFEUW9L2kURDVFXSNmYIEVkUBYP6R/0uIhJAu5zNHoiIOHLVVMGHJE2C99JilkvSPE/znCyFGE0MbUvJbbUQYERs5a0HiYoBoPHY1guDINKCjiIrolEARVIQFVyrIC2/jxqZmcAY41RREQBBQTe5PAKKrMzfMgN96DcWi/n1xeXl6VldVlVZnbw/Ov9wAohFtzvYGnX7fWNXDbBlZkABADTKDx3JGiwAQCSa1vKALG29gShgUFQZCKldmiqAoKEYlYhAEJWQcM2fgVFEyJpVzRElIlHV1u+KMa6FKbi/uXv33du3f/3b7dW1b5qqLAFg7/nBs/297Wd73f5AgZgVACygtL0FxzW46FpmXDldVFUNIAAICgKBMJAiorZp8ABMEqNBqwRkAAE4Rmj5mqooiApwGy2kqICAItzelnnFLJgX8/n5ydnp8Yfzk9NysUizbDAe9QaDr37xi4NXX2/t7mZFoQqRWVWtSMR1rVhTXVmlVLsPQlUQQULENgyEhSO2zEJVEcAAttirzMyMSoiokRFV0TCzMa4VPkRERB6qqrZlY01A6rqe3U/ub27ubm7qqnJJMt7d2T3Y33q2+/IXr7d2doejIRnzsaVkji2lVZYNrr5Jg4lhxSxbh8xmiz//+fBf//Tm+zdHk/tZmqWvXh38/vff/Pb3v9nZHVtr7QoN2nJpREAEABge2ktEJAPAjIgaQ1z/SBSbslrMFtNJOZ83VZUVeZK4Xq8z3hqPRoNev3AOV40EAJK1UUSjqupa7t+U+VeHBq2PEH1sqqq5vZ0uFyWgFp1MWJLUJYnzISwWi24/L4rUJikLIyNaw4osAoAIhIACEQhhReCZkJ4Nu5vC1O6w+80vXv3n//SPMUZrbVQxxogIEbGKsMYYY4wi0h5vWo4trzaIsokvH6VWQ9TGKkC59Efvzo/en11f33Pk0ajX63asNXmezmeL05NL6+zO3sg6JyoqYCIBMCsQUQjBWvvAgJgQnXNFkRepbaXlNhqZ1VqDpGwsACQIqtEkhkVNe6ZK6To5Y5AWB1o1YUWqVrAg0ipFyCiIqqCqi3n59vvjv/7lMEZ+tre1t7/rnFWF0Pj5fOkDJ2k6GA24AFRCVGyJfhshIISGAMCQKlgyRScbjYaGIzPXTUWEzjkyqBCb2qdpJsIoK3wWYQSrqsJ+s8BY5xwz+yhuAxHXgWSMEQFEaS1U1/787Pr9u9PBoPebb17/+jevev1u8OH68rZ8+2E6XdzdTeuKcWgJ1BCqqiMQxBCCM4TCokxKhIoKoa6qhTWpI0PGGVVlFUPGOusQmCMiMmiepiIChlZ5smoqVocSVoHrpkyS5IEF8TrPnHOt6NJWaETkyE3jvQ9plhy83P/1b3/V6RSG5N1hMplO/WkdqnI5vZHtLMlSIsvMSOQAjaUkS62lpmkINUlSVXZkgL0KhiiG0JENIVhDGvxiOnVZmiepJSyX8+Vyubu710RmEERSEUUVEWOMjTG22Mki1loiao1trWVmay2AGIPWWhR1xiTO5nk2HPZGvWSYG4mNMSaz1iIioDJwjDEKs2aZRXTOuVVTIJykNk2sMQaFichYIvh4uhNVkjxr9ZW821HVIEwK1tqiKLyvEY1DCsKIAAqWLChYAliV84eWipnXKrmqGmej98qRRYig08lHo163k2dZDkACfPz+w/v3J2fn1/PFcjTuZ1k6HHSMMUlikyRBNMycZRlCZB9cloYQkjSJMSoLIDEKIrZPjMwxxpViZUyLnqhARLe3t2hIBcfjcaseEFEMYluBpmkal2ZrotsCSp7nAKDMRJSmqXNuOFgeHOyWZbOzu2VdcjcpLy9v33z3w9vv35+eXCbOfv3qYNjr7u1sE2EQYGEiY8lEHyTWRVG0QRJCsGRERCBaSrIsCyE03iNqGw4qwoKAAgqpSxBxPB4Hjm10yEO/ioi2qqrE2hACWTcajRaLBXMMITSNbwtw0zSIoMx7e7u7e7u//uZ1VOEo5xeXb9++e/fD6fHxxXQyd85+9eLgYHevqervv/veuEQA6rpOkmR7e1tV3x6+2d3a/uUvX8uDDE4GjHEkeHV1led5lmWKgAqiokgiYo1DURbwPhZFIcFnztV1IyJACMJEZPv9QVVVtQ8uhTzPb29vF4tljBEAlstljOK9d860qTKfz1ka6+D25v787PL87PrmeuJ96A86r17t/5d/+ofxsNf4xXRWofWARkSW5bxuorPWuvxmMh9NFgd7uzF6FfbeO6LGx/l84dJUAHzjW8HIGNNaOknSpmkwcYumFtUggmSQDICEECyi9TGUZYmIjffXN3eLchk4IiEA+MAxtsKXqar6KlyFpiHQTpZK5LPTq7PT67r2vV5x8GLn1a/2v/nd12maHr45cnm3Cdx475xLi07kGEMETBXDxeUNGtvrZh/ev/v61VeChGRffP2qpb1VXed5nqSJrxtjSBXu7u4m03lgmS+Xewf7/X6/Kpd5nhORGisI9vrqNsaYZVmM8eLiIs1cp9NR1fl8bghFRMH2ByNnSUNTLhYaFkZJgrKPAJDn6WjU63WKbt6d3M3FT9S4edn4yEmWBVGnoEgIVDeNsWZR+jdvD5/v787L6vjkRGJEsFFFRF6/fn34/qgoir2d3R/eHv7ql6+999+9edvp9QOzAF5c3Vxc3ZTVbGdnp9Pp5HmeUWIjGEpcBMKoIQiQJAkRkDWZtYkhBTL9olOAiLIFvJnMrs8uq8Wi38nyZNclrjfopklyfnLrq79+dbA/3BkFkazo+hiUZVHW67dtmibmqUNMPpzdR8/zcpYkNvCyrX7N4Xshc3c/rZvgiuzi4kKBis4gS3P0FaIqN2RcZtL53aKcVsZR1sstADKL98HiikF4Hw2SCIgIIYmPV+c3vcI5hLuS3364/+H4pq78eGvU73ecsy5Jyqr+8OHy+Og81vGFcm/Ud8qqrKjGOIG2+wRrraKJIQAIkSFDCgaRQwjWYgjBuVQFF2XdydPKV2lWuCKrgm97zsylgaPLC4kxxsgsi5sbK0wAYI0jI4gYQ1DlxDlEVNYoIp6vp7Np5sjZd+9OD08uTy9uiyzDNBnu7mxv9ZX17n4ynSwn99Pj4xNKzZ6BjhWTOmRhCNa4EDxqi3TCrIhkDKoCB7EuMdYgQeMZ0Brn1PvAoDYtYyTWyCFzVlUVKbDG6EHAOFfXlXFkW+KOiHXlrbUEoCJN0xCaxFprTRnU5LnNrRIW/X4TY4hsEre1vfXV6xejXmEIO3kSKu+sscbe3U/E6DaO++M+qiQuEyJyAF5jDMYoWWorDEc2xoAgGSeqhFLX3hhjXe45qHJUsAkYZ6OKsiylJjKeo7MJIPaHgzQ1hKiq7H3d+jL6AIoIhIgCWtYNWRwO+6TaTdKDZ1t7z7Z2dkeDUTdPjdTLfif51esXCJxmbrw1zIu0aepyuZAYLYG1Nk2scjAIiSNnkVp5AwRRWwUkhBhCDLUXhhikrnwIIUbxPqqgKjJLEwMQAkiSOBROnb2f3OV5+vWLl5agLWXWkkHExBlE8N6vNCIDMcblYvZsOEKVy8urVwe77Ou69rO76d+msz//6S9ZnjPDZLZo6qYosn6/s7O71S06naxHAKqaoPPRq2pirQp6jiLinFOWyCHLOqQQIkdRVTHOSlRjnSXDKhKUJRSJtQjRe0aQUBsodre3unlGwpYIiDDLUl96QhVQEQZCVY3CkUOn0+vkbjqfl2WZdbsD674GPXp/enJydXs/9d4TIhI654b93rDfGw8He7s7YC17YFGJ7DKDbGJg5wwRWbVBIgqQIoDh2rd6ICmEEA1gFFbVJCFCIiKH0M0yo74STiAWvQ6h7jzbzpLUIdpu0RERg2QQE2uRoAoegFiiIQQiJriZzpQDJqlNsiLrB3X59aKsT6+u7qqqds4mSdLtFnmWcZQYY1OHtJuW8waV8tQtZ6VLDFGiSgDGWYPoQcESJVmnqpYIMOj2Bv3e/f194z3aVu41hCQMFk03zce9ke90up18sLfzp//75zfffvvi+cuSDP7X//bfV8xEME1TRIzRr+ViRCQQNeSFkySByBriaDSq6zJL0hBCFE7TlEGFoe0/fd0Q2cha1w0A5HmepQkpLKqSo9jEWZuwKjP7GJgDoGZJ2kmzfp4XecocptPpdD7ThLpZmjlKQfMsydOMFVikLMtocdY0w+Hw+bNdixraDYQYAP36zaf1US4Aeu9rDtZRJ8/UGlVGxNlshoiBQ9PU8eHot6Xi4n0UFQFrbasKCKhzRpVFuGnKqKIKzJFVrLXL5Xx+f3cFkhA552xqszzF1ChHETVZqgj301ndNNYmZVO6TqetnPP53GbZ6uhTZK3P/Oi9LxWTp9ayA5GyWsaqCSHLs4wMGmPQKgCQCFmHiMytpKeWSI2K8GI5WSxYRKy1MUYkWnWD7akCaJRGgMlq7tI8SxFRgAUYIiNiE3zjK0fGILECx0DGKWDbitV13b64h6qbr+zp6rgOQBUMGYFoSVXVOpunPRBhDi61RGR01QMBKCsYg0RGBARUWyw3qTFoyUT2Kqm1tqXKxhhQVFUxgIjIAm1JaYkHIZq2kTOiEckQOaOQGJd0ssgiBgHUOWfzPF91dG0r9PGVoZXYHaJvJRDWKBoJUYX54cgRABJnRLg9nAdCliAMAO3pqgKQiNbRI4iqAsfWA6BGBZlZLBkCA0hEaHH9fgSrqCoTOOOUyDMTgLOpj4EVLNm277VJkq2O4mzy8XULwbU4l+XE0VskQdN2mCBoABnUAKqyfRCeyBhEbEmU55ausDHGWmo1MmY2ppVtVj13CCGoiAgBOOcS6wAgBID2kBAREaOKFSBDhKSG0sQpkqpmiSOi/wdOev2HUqVKpQAAAABJRU5ErkJggg==";
  const BOXES = [[48, 19, 60, 38], [16, 37, 28, 58], [7, 5, 24, 31]];
  const DIGITS = [3, 8, 4];
  const RUNS = "0:335 3:3 0:61 3:3 0:60 3:4 0:59 3:5 0:58 3:5 0:59 3:4 0:59 3:5 0:59 3:4 0:59 3:5 0:58 3:5 0:59 3:5 0:59 3:4 0:8 3:3 0:48 3:4 0:8 3:4 0:48 3:4 0:8 3:4 0:48 3:4 0:7 3:4 0:28 1:7 0:14 3:4 0:7 3:4 0:28 1:7 0:13 3:5 0:6 3:4 0:27 1:9 0:13 3:5 0:5 3:5 0:26 1:10 0:13 3:5 0:4 3:6 0:26 1:10 0:13 3:15 0:26 1:3 0:3 1:4 0:13 3:14 0:33 1:3 0:15 3:13 0:32 1:4 0:16 3:11 0:33 1:4 0:21 3:6 0:33 1:5 0:21 3:4 0:35 1:5 0:20 3:4 0:36 1:5 0:60 1:4 0:60 1:4 0:59 1:4 0:57 1:7 0:56 1:7 0:57 1:5 0:27 2:5 0:26 1:6 0:27 2:5 0:58 2:7 0:56 2:4 0:2 2:3 0:54 2:4 0:4 2:2 0:54 2:3 0:6 2:2 0:53 2:3 0:6 2:2 0:53 2:3 0:5 2:3 0:54 2:2 0:3 2:5 0:54 2:2 0:2 2:5 0:57 2:6 0:57 2:6 0:58 2:6 0:57 2:8 0:56 2:4 0:2 2:3 0:54 2:3 0:5 2:3 0:53 2:3 0:6 2:2 0:54 2:2 0:6 2:3 0:54 2:2 0:4 2:3 0:56 2:8 0:56 2:7 0:422";
  const SIDE = 64;
  const LINE = RUNS.split(" ").flatMap((run) => { const [value, count] = run.split(":").map(Number); return new Array(count).fill(value); });
  const MASK = span(SIDE).map((i) => LINE.slice(i * SIDE, (i + 1) * SIDE));
  const NOTHING = { degrees: 0, zoom: 1, right: 0, down: 0, shear: 0, mirror: false, crop: 1 };
  const HUES = ["--d2-blue", "--d2-violet", "--d2-muted"];
  const FATES = { whole: say("完整", "whole"), clipped: say("剪过", "clipped"), dropped: say("丢掉", "dropped") };
  const degrees = (v) => `${v}°`;
  const percent = (v) => `${Math.round(100 * v)}%`;
  const pixels = (v) => show(v, 2);
  const list = (points) => points.map((point) => point.map((v) => v.toFixed(3)).join(",")).join(" ");
  const size = (box) => (box ? box.slice(2).map((v, i) => (v - box[i]).toFixed(1)).join(" × ") : "–");

  class Augmentation extends Explorer {
    label = say("移动一张图：框和掩码怎样跟着走", "Move an image: how boxes and masks follow");
    start() { return { ...NOTHING, degrees: 20, least: 0.25 }; }
    get data() { return { boxes: BOXES, mask: MASK, digits: DIGITS }; }
    get result() { return follow(this.state, this.state.least, BOXES, MASK); }
    controls() {
      return [this.slider("degrees", say("旋转（逆时针）", "rotate, counterclockwise"), -180, 180, 5, degrees),
        this.slider("zoom", say("缩放", "zoom"), 0.5, 2, 0.05),
        this.slider("right", say("右移（像素）", "right, pixels"), -40, 40), this.slider("down", say("下移（像素）", "down, pixels"), -40, 40),
        this.slider("shear", say("错切", "shear"), -45, 45, 5, degrees),
        this.slider("crop", say("裁剪：留下的边长", "crop: side that is kept"), 0.3, 1, 0.05, percent),
        this.slider("least", say("至少看见", "least share seen"), 0, 0.9, 0.05, percent), this.toggle("mirror", say("左右翻转", "mirror")),
        make("div", { class: "d2-buttons", role: "group", "aria-label": say("现成的设置", "ready settings") },
          this.button(say("抽一次", "draw one"), () => this.all("random", this.drawn()), "random"),
          this.button(say("复原", "reset"), () => this.all("clear", NOTHING), "clear"))];
    }
    drawn() {
      const between = (low, high, step) => low + step * Math.floor(Math.random() * ((high - low) / step + 1));
      return { degrees: between(-45, 45, 5), zoom: between(14, 26, 1) / 20, right: between(-15, 15, 1), down: between(-15, 15, 1),
        shear: between(-20, 20, 5), mirror: Math.random() < 0.5, crop: between(12, 20, 1) / 20 };
    }
    all(key, settings) {
      Object.assign(this.state, settings);
      this.rebuild();
      this.querySelector(`[data-key=${key}]`).focus();
    }

    outline(kind, hue, points) {
      return draw("g", { class: kind }, ...["d2-edge-halo", "d2-edge-line"].map((part) => draw("polygon", { class: part, points: list(points), style: `--hue:var(${hue})` })));
    }
    framed(kind, hue, [x1, y1, x2, y2]) { return this.outline(kind, hue, [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]); }
    ink(mask, kind) {
      const path = mask.flatMap((row, i) => row.flatMap((value, j) => (value === kind ? [`M${j} ${i}h1v1h-1z`] : []))).join("");
      return draw("path", { class: "d2-ink", d: path, style: `--hue:var(${HUES[kind - 1]})` });
    }
    view(name, words, transform, ...shapes) {
      const picture = draw("svg", { class: "d2-augmented", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": words },
        draw("rect", { class: "d2-void", width: SIDE, height: SIDE }),
        draw("image", { class: "d2-scene", href: SCENE, width: SIDE, height: SIDE, transform }), ...shapes);
      return make("figure", { class: "d2-half", "data-view": name }, make("figcaption", {}, words), picture);
    }
    before({ matrix }) {
      const shown = this.outline("d2-shown", "--d2-red", corners(inverse(matrix), [0, 0, SIDE, SIDE]));
      return this.view("before", say("存着的；红框是看见的部分", "stored; in the red frame is what is seen"), undefined,
        ...BOXES.map((box) => this.framed("d2-stored", "--d2-orange", box)), shown);
    }
    after({ matrix: [[a, b, c], [d, e, f]], mask, objects }) {
      const shapes = objects.flatMap((one, i) => {
        if (one.fate === "dropped") return [this.outline("d2-turned d2-gone", "--d2-red", one.around)];
        return [this.ink(mask, i + 1), this.outline("d2-turned", "--d2-ink", one.around), one.tight && this.framed("d2-tight", "--d2-green", one.tight), this.framed("d2-loose", "--d2-orange", one.loose)];
      });
      return this.view("after", say("网络看到的", "what the network sees"), `matrix(${[a, d, b, e, c, f].join(" ")})`, ...shapes.filter(Boolean));
    }
    key(hue, words, dashed) { return make("span", {}, make("i", { class: dashed ? "d2-dashed" : "", style: `--hue:var(${hue})` }), words); }
    render() {
      const found = this.result;
      const legend = make("p", { class: "d2-legend d2-wide" }, this.key("--d2-ink", say("移动后的框", "the box as it moved"), true),
        this.key("--d2-orange", say("包住看得见的部分", "around what is seen of it")), this.key("--d2-green", say("紧贴掩码", "tight around the mask")),
        this.key("--d2-red", say("丢掉的", "dropped"), true));
      const names = [say("数字", "digit"), say("看见", "seen"), say("橙框", "orange"), say("绿框", "green"), say("交并比", "IoU"), say("结果", "fate")];
      const rows = found.objects.map((one, i) => make("tr", { class: one.fate === "dropped" ? "d2-bad" : "" },
        make("th", { scope: "row", style: `--hue:var(${HUES[i]})` }, String(DIGITS[i])),
        ...[percent(one.share), size(one.loose), size(one.tight)].map((words) => make("td", {}, words)),
        make("td", { class: "d2-overlap" }, Number.isNaN(one.iou) ? "–" : one.iou.toFixed(2)), make("td", { class: "d2-number" }, FATES[one.fate])));
      const boxes = make("div", { class: "d2-table" }, make("table", { class: "d2-batch" }, make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, ...rows)));
      const matrix = table(say("六样变化合成的一个矩阵", "all six changes as one matrix"), found.matrix, { key: "matrix" });
      return { stage: [this.before(found), this.after(found), legend, matrix, boxes], words: this.told(found) };
    }
    told({ matrix: [[a, b, c], [d, e, f]], objects }) {
      const [x, y] = [(BOXES[0][0] + BOXES[0][2]) / 2, (BOXES[0][1] + BOXES[0][3]) / 2];
      const [u, v] = [a * x + b * y + c, d * x + e * y + f];
      const kept = objects.filter(({ fate }) => fate !== "dropped");
      const point = say(`数字 ${DIGITS[0]} 的框的中心从 (${show(x)}, ${show(y)}) 到 (${show(u)}, ${show(v)})。`, `The center of the box of the ${DIGITS[0]} goes from (${show(x)}, ${show(y)}) to (${show(u)}, ${show(v)}). `);
      if (!kept.length) return point + say("三个框全丢掉了。", "All three boxes are dropped.");
      const known = kept.map(({ iou }) => iou).filter((iou) => !Number.isNaN(iou));
      const worst = known.length ? say(`，最松的与紧贴的框交并比 ${Math.min(...known).toFixed(2)}`, `; the loosest has an IoU of ${Math.min(...known).toFixed(2)} with its tight box`) : "";
      return point + say(`留下 ${kept.length} 个框${worst}。`, `Boxes kept: ${kept.length}${worst}.`);
    }
  }
  D2.register("d2-augmentation", Augmentation);
})();
